import Foundation
import Testing

/// Each purpose of a probe with each way to look: what the container says decides, and what follows is what the purpose is.
@Suite(.serialized, .ownThreads) struct ProbeTests {
    enum Purpose: String, CaseIterable { case startup, liveness, readiness }

    /// As a manifest has them; all say yes while the file /tmp/fine is there, and what an event says when not.
    private static let ways = [
        ("exec", "exec: {command: [cat, /tmp/fine]}", "cat: /tmp/fine: No such file or directory"),
        ("http", "httpGet: {path: /, port: web}", "HTTP probe failed with statuscode: 503"),
        ("tcp", "tcpSocket: {port: 8081}", "connect: connection refused"),
    ]

    /// Is fine, or not, as the file says: the page on port 8080 by its status, the port 8081 by being open.
    private static let program = """
        import http.server, os, socket, sys, threading, time
        fine = lambda: os.path.exists("/tmp/fine")
        if sys.argv[1] == "fine": open("/tmp/fine", "w").close()
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self): self.send_response(200 if fine() else 503); self.end_headers()
            def log_message(self, *arguments): pass
        threading.Thread(target=http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever, daemon=True).start()
        while True:
            while not fine(): time.sleep(0.05)
            door = socket.create_server(("", 8081)); door.settimeout(0.05)
            while fine():
                try: door.accept()[0].close()
                except TimeoutError: pass
            door.close()
        """

    private static func pod(_ name: String, _ probe: String, begins: String) -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name)}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: host/python3
              args: ["-c", \(Manifest.quoted(program)), \(begins)]
              ports: [{name: web, containerPort: 8080}]
              \(probe)
        ---

        """
    }

    @Test(arguments: Purpose.allCases)
    func `a probe by command, request and connection`(_ purpose: Purpose) async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let begins = purpose == .liveness ? "fine" : "faulty"
        let threshold = purpose == .startup ? 600 : 2
        func probe(_ purpose: Purpose, _ way: String, _ threshold: Int) -> String {
            "\(purpose)Probe: {\(way), periodSeconds: 1, timeoutSeconds: 10, failureThreshold: \(threshold)}"
        }
        try cluster.apply(
            Self.ways.map { name, way, _ in
                // However long its program takes to start, only then is it asked whether it lives.
                let first = purpose == .liveness ? probe(.startup, way, 600) + "\n      " : ""
                return Self.pod(name, first + probe(purpose, way, threshold), begins: begins)
            }.joined())
        func status(_ pod: String, _ field: String) throws -> String {
            try cluster.get("pod \(pod)", ".status.containerStatuses[0].\(field)")
        }
        /// Its container's own /tmp/fine, seen from here.
        func file(_ pod: String) async throws -> String {
            let uid = try cluster.get("pod \(pod)", ".metadata.uid")
            var program: Int32?
            try await eventually("the program of \(pod) runs") {
                program = cluster.programs(of: uid).first { $0.value.contains("/tmp/fine") && $0.value.contains(begins) }?.key
                return program != nil
            }
            return "/proc/\(try #require(program))/root/tmp/fine"
        }
        for (pod, _, reason) in Self.ways {
            try await eventually("\(pod) runs") { try status(pod, "state.running.startedAt") != "" }
            switch purpose {
            case .startup:
                try await fails(pod, purpose, reason, cluster)
                #expect(try status(pod, "started") == "false" && status(pod, "ready") == "false")
                _ = FileManager.default.createFile(atPath: try await file(pod), contents: nil)
                try await eventually("\(pod) has started") { try status(pod, "started") == "true" && status(pod, "ready") == "true" }
                // It is asked no more: that it fails later is nobody's business.
                try FileManager.default.removeItem(atPath: try await file(pod))
                #expect(try status(pod, "restartCount") == "0")
            case .readiness:
                try await fails(pod, purpose, reason, cluster)
                #expect(try status(pod, "started") == "true" && status(pod, "ready") == "false")
                _ = FileManager.default.createFile(atPath: try await file(pod), contents: nil)
                try await cluster.isReady(pod)
                try FileManager.default.removeItem(atPath: try await file(pod))
                try await eventually("\(pod) is ready no more") { try status(pod, "ready") == "false" }
                #expect(try status(pod, "restartCount") == "0")
            case .liveness:
                try await cluster.isReady(pod)
                // As long as it lives, it is let alone.
                #expect(try status(pod, "restartCount") == "0")
                try FileManager.default.removeItem(atPath: try await file(pod))
                try await fails(pod, purpose, reason, cluster)
                try await eventually("\(pod) is restarted, once, and fine again") {
                    try status(pod, "restartCount") == "1" && status(pod, "ready") == "true"
                }
                let told = try cluster.get("events --field-selector=involvedObject.name=\(pod),reason=Killing", ".items[*].message")
                #expect(told.contains("Container main failed liveness probe, will be restarted"))
            }
        }
    }

    private func fails(_ pod: String, _ purpose: Purpose, _ reason: String, _ cluster: Cluster) async throws {
        let title = purpose.rawValue.prefix(1).uppercased() + purpose.rawValue.dropFirst()
        try await eventually("an event says why \(pod) fails") {
            let told = try cluster.get("events --field-selector=involvedObject.name=\(pod),reason=Unhealthy", ".items[*].message")
            return told.contains("\(title) probe failed: ") && told.contains(reason)
        }
    }
}
