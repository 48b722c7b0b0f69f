import Foundation
import Programs
import Testing

/// A push that changes what runs: nobody who asks in the meantime is refused.
@Suite(.serialized, .ownThreads) struct RolloutTests {
    /// Asks one address with four at a time, each request on a connection of its own, until it is told to stop by a signal; then says
    /// how often it has asked, what failed, and what it was answered.
    private static let client = """
        import collections, http.client, signal, sys, threading
        host, port = sys.argv[1], int(sys.argv[2])
        stop = threading.Event(); signal.signal(signal.SIGTERM, lambda *_: stop.set())
        # Who starts it may have it blocked.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        answers, failures, lock = collections.Counter(), [], threading.Lock()
        def ask():
            while not stop.is_set():
                try:
                    connection = http.client.HTTPConnection(host, port, timeout=30)
                    connection.request("GET", "/"); answer = connection.getresponse(); body = answer.read().decode().strip()
                    connection.close()
                    with lock: answers[body if answer.status == 200 else "status %d" % answer.status] += 1
                except Exception as problem:
                    with lock: failures.append(repr(problem))
        print("asking", flush=True)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("asked", sum(answers.values()), "failed", len(failures), *sorted(set(failures))[:5])
        for answer in sorted(answers): print("answer", answer)
        """

    /// As in the sample: three servers that say their version, finish what they have begun when told to stop, and are told five seconds
    /// after they are taken from their service.
    private static func system(version: String) -> String {
        let server = """
            import http.server, os, signal, threading
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    body = os.environ["VERSION"].encode()
                    self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
                def log_message(self, *arguments): pass
            server = http.server.ThreadingHTTPServer(("", 80), Handler)
            server.daemon_threads = False
            signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
            server.serve_forever()
            server.server_close()
            """
        return """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 3
              selector: {matchLabels: {app: web}}
              strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  terminationGracePeriodSeconds: 30
                  containers:
                    - name: server
                      image: host/python3
                      args: ["-c", \(Manifest.quoted(server))]
                      env: [{name: VERSION, value: \(version)}]
                      ports: [{name: http, containerPort: 80}]
                      readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1, timeoutSeconds: 10}
                      lifecycle: {preStop: {sleep: {seconds: 5}}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{name: http, port: 80, targetPort: http}]

            """
    }

    @Test func `a pushed change rolls over without a failed request, from a pod and from the host`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Self.system(version: "one"))
        try repository.push("One")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare], in: folder)
        func isRolledOut(_ version: String) async throws {
            try await eventually("version \(version) runs alone") {
                try cluster.get("deployment web", ".spec.template.spec.containers[0].env[0].value") == version
                    && cluster.get("deployment web", ".status.updatedReplicas") == "3"
                    && cluster.get("deployment web", ".status.replicas") == "3"
                    && cluster.get("deployment web", ".status.readyReplicas") == "3"
                    && cluster.get("pods -l app=web", ".items[*].spec.containers[0].env[0].value") == "\(version) \(version) \(version)"
            }
        }
        try await isRolledOut("one")

        let python = try #require(Program.find("python3"))
        let port = try cluster.get("service web", ".spec.ports[0].nodePort")
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: client}
            spec:
              restartPolicy: Never
              containers: [{name: main, image: host/python3, args: ["-c", \(Manifest.quoted(Self.client)), web, "80"]}]
            """)
        try await cluster.isReady("client")
        let outside = try Background(python, ["-c", Self.client, "127.0.0.1", port])
        try await eventually("both ask") { try cluster.logs("client").contains("asking") && outside.said.contains("asking") }
        for version in ["two", "three"] {
            try repository.write("web.yaml", Self.system(version: version))
            try repository.push("Version \(version)")
            try await isRolledOut(version)
        }
        kill(outside.pid, SIGTERM)
        #expect(try await outside.status() == 0)
        // The shell may be ended with its container before it says 0.
        _ = try cluster.run(["exec", "client", "--", "sh", "-c", "kill -TERM 1"])
        try await eventually("the pod has stopped asking") { try cluster.get("pod client", ".status.phase") == "Succeeded" }
        for said in [outside.said, try cluster.logs("client")] {
            let lines = said.split(separator: "\n").map(String.init)
            let words = try #require(lines.first { $0.hasPrefix("asked") }).split(separator: " ")
            #expect(try #require(Int(words[1])) > 100)
            #expect(words[3] == "0", "\(said)")
            #expect(lines.filter { $0.hasPrefix("answer") } == ["answer one", "answer three", "answer two"])
        }
    }
}
