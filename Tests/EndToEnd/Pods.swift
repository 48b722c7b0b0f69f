import Foundation
import Programs
import Testing

/// Clusters with a node, and questions about their pods.
extension Cluster {
    /// A cluster without a repository, ready to take pods.
    static func whole(_ folder: Folder, _ arguments: [String] = [], launcher: [String] = [], binary: String = Program.skiff) async throws
        -> Cluster
    {
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--without", "reconciler"] + arguments, in: folder, launcher: launcher, binary: binary)
        try await eventually("pods can be made") {
            try cluster.kubectl("get", "serviceaccount", "default", "--ignore-not-found", "-o", "name").output != ""
        }
        return cluster
    }

    func apply(_ manifest: String) throws {
        let applied = try kubectl("apply", "--server-side", "-f", "-", input: manifest)
        #expect(applied.status == 0, "\(applied.errors)")
    }

    /// What `kubectl get -o jsonpath` says of one or more objects of the default namespace; empty when they are not there.
    func get(_ what: String, _ path: String, namespace: String = "default", _ more: String...) throws -> String {
        let words = what.split(separator: " ").map(String.init)
        return try run(["get"] + words + ["-n", namespace, "--ignore-not-found", "-o", "jsonpath={\(path)}"] + more).output
    }

    /// kubectl with arguments that are made up.
    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        let path = try #require(Program.find("kubectl"), "the end-to-end tests need kubectl on the PATH")
        return try Program.run(path, arguments, environment: ["KUBECONFIG": "\(state)/kubeconfig"].merging(environment) { $1 })
    }

    func isReady(_ pod: String) async throws {
        try await eventually("pod \(pod) is ready") {
            try get("pod \(pod)", ".status.conditions[?(@.type=='Ready')].status") == "True"
        }
    }

    func logs(_ pod: String, _ arguments: String...) throws -> String { try run(["logs", pod] + arguments).output }

    /// What a shell says that runs in a pod of its own.
    /// - Parameter spec: further lines of the pod's spec.
    func ask(_ script: String, spec: String = "", container: String = "") async throws -> String {
        let name = "ask-\(UUID().uuidString.prefix(8).lowercased())"
        try apply(Manifest.pod(name, script, spec: "restartPolicy: Never\n\(spec)", container: container))
        try await eventually("\(script) has run") { ["Succeeded", "Failed"].contains(try get("pod \(name)", ".status.phase")) }
        let said = try logs(name)
        _ = try kubectl("delete", "pod", name, "--now", "--wait=false")
        return said
    }

    // MARK: - Processes

    /// The programs of this cluster's pods that run now, by their process number: what descends from the shims whose identities are in
    /// the state directory. Other clusters on the machine have none of these.
    /// - Parameter uid: of one pod; nil for all.
    func programs(of uid: String? = nil) -> [Int32: String] {
        let shims = Set(shims(of: uid).values)
        guard !shims.isEmpty else { return [:] }
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let parents = Dictionary(
            processes.compactMap { Int32($0) }.compactMap { pid in Processes.parent(of: pid).map { (pid, $0) } }, uniquingKeysWith: { $1 })
        func descends(_ pid: Int32) -> Bool {
            var at = parents[pid]
            for _ in 0..<64 {
                guard let parent = at else { return false }
                if shims.contains(parent) { return true }
                at = parents[parent]
            }
            return false
        }
        return Dictionary(
            uniqueKeysWithValues: parents.keys.filter(descends).compactMap { pid in Processes.line(of: pid).map { (pid, $0) } })
    }

    /// The shims that run, by the uids of their pods.
    func shims(of uid: String? = nil) -> [String: Int32] {
        let pods = (try? FileManager.default.contentsOfDirectory(atPath: "\(state)/node/pods")) ?? []
        return Dictionary(
            uniqueKeysWithValues: pods.filter { uid == nil || $0 == uid }.compactMap { pod in
                Processes.running("\(state)/node/pods/\(pod)/shim").map { (pod, $0) }
            })
    }

    /// The process that holds the node's network.
    var keeper: Int32? { Processes.running("\(state)/node/network/identity") }

    /// Removes the state directory, as a person does who thinks that this is all there is.
    func forget() throws {
        let removed = try Program.run(try #require(Program.find("rm")), ["-rf", state])
        #expect(removed.status == 0, "\(removed.errors)")
    }

    /// All that runs for this cluster beside the engine: programs, shims, what holds the node's network and its way out.
    var processes: [Int32] {
        Array(programs().keys) + Array(shims().values) + [keeper, Processes.running("\(state)/node/network/pasta")].compactMap { $0 }
    }
}

/// What /proc says of processes.
enum Processes {
    /// The process that a state file names, when it is that one that runs: `pid starttime bootid`.
    static func running(_ file: String) -> Int32? {
        guard let words = (try? String(contentsOfFile: file, encoding: .utf8))?.split(whereSeparator: \.isWhitespace), words.count == 3,
            let pid = Int32(words[0]), let fields = stat(of: pid), fields.count > 19, fields[19] == words[1], fields[0] != "Z"
        else { return nil }
        return pid
    }

    static func parent(of pid: Int32) -> Int32? { stat(of: pid).flatMap { $0.count > 1 && $0[0] != "Z" ? Int32($0[1]) : nil } }

    /// Its command line, words apart by blanks.
    static func line(of pid: Int32) -> String? {
        FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map {
            String(decoding: $0.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
        }
    }

    static func isAlive(_ pid: Int32) -> Bool { parent(of: pid) != nil }

    /// The fields behind the program's name: state, parent, …, and the start time as number 19.
    private static func stat(of pid: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let name = text.lastIndex(of: ")") else {
            return nil
        }
        return text[text.index(after: name)...].split(whereSeparator: \.isWhitespace)
    }
}

extension Manifest {
    /// A pod of one container that runs a shell script.
    /// - Parameters:
    ///   - spec: further lines of the pod's spec.
    ///   - container: further lines of the container.
    static func pod(_ name: String, _ script: String, labels: String = "", spec: String = "", container: String = "") -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: \(name)
          labels: {\(labels)}
        spec:
          terminationGracePeriodSeconds: 1
        \(indented(spec, 2))
          containers:
            - name: main
              image: host/sh
              args: ["-c", \(quoted(script))]
        \(indented(container, 6))

        """
    }

    /// A server on port 80 that answers with its pod's name, and its Deployment's replicas.
    static func servers(_ name: String, replicas: Int, container: String = "", spec: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name)}
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              terminationGracePeriodSeconds: 1
        \(indented(spec, 6))
              containers:
                - name: main
                  image: host/python3
                  args: ["-c", \(quoted(server))]
                  ports: [{name: http, containerPort: 80}]
                  readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1, failureThreshold: 1}
        \(indented(container, 10))

        """
    }

    /// Answers with its host name; `/ready` fails while the file /tmp/unready is there; `/slow` says so in the log and takes three seconds.
    private static let server = """
        import http.server, os, time, signal, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                if self.path == "/unready": open("/tmp/unready", "w").close()
                code = 503 if self.path == "/ready" and os.path.exists("/tmp/unready") else 200
                if self.path == "/slow": print("slow", flush=True); time.sleep(3)
                text = (os.uname().nodename + "\\n").encode()
                self.send_response(code); self.send_header("Content-Length", str(len(text))); self.end_headers(); self.wfile.write(text)
            def log_message(self, *arguments): pass
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()
        """

    static func service(_ name: String, app: String, port: Int = 80, _ more: String = "") -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: \(name)}
        spec:
          selector: {app: \(app)}
          ports: [{name: http, port: \(port), targetPort: http}]
        \(indented(more, 2))

        """
    }

    static func indented(_ text: String, _ count: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }

    /// As a string of JSON, which YAML reads too.
    static func quoted(_ text: String) -> String {
        let data = (try? JSONSerialization.data(withJSONObject: [text], options: .withoutEscapingSlashes)) ?? Data()
        return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast())
    }
}
