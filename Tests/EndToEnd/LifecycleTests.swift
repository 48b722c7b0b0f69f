import Foundation
import Testing

/// The life of a pod: init containers, probes, hooks, its end.
@Suite(.serialized, .ownThreads) struct LifecycleTests {
    @Test func `init containers run in order before the others, sidecars beside them`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: ship}
            spec:
              terminationGracePeriodSeconds: 2
              volumes: [{name: log, emptyDir: {}}]
              initContainers:
                - {name: one, image: host/sh, args: ["-c", "echo one >> /log/text; [ -e /log/again ] || { touch /log/again; exit 1; }"],
                   volumeMounts: [{name: log, mountPath: /log}]}
                - {name: side, image: host/sh, restartPolicy: Always, volumeMounts: [{name: log, mountPath: /log}],
                   args: ["-c", "echo side >> /log/text; trap 'echo side ends >> /log/text; exit' TERM; while true; do sleep 0.1; done"],
                   startupProbe: {exec: {command: [grep, side, /log/text]}, periodSeconds: 1}}
                - {name: two, image: host/sh, args: ["-c", "echo two >> /log/text"], volumeMounts: [{name: log, mountPath: /log}]}
              containers:
                - {name: main, image: host/sh, volumeMounts: [{name: log, mountPath: /log}],
                   args: ["-c", "echo main >> /log/text; trap 'echo main ends >> /log/text; exit' TERM; while true; do sleep 0.1; done"]}
            """)
        try await cluster.isReady("ship")
        let uid = try cluster.get("pod ship", ".metadata.uid")
        func log() -> String { (try? String(contentsOfFile: "\(cluster.state)/node/pods/\(uid)/volumes/log/text", encoding: .utf8)) ?? "" }
        #expect(log() == "one\none\nside\ntwo\nmain\n")
        #expect(try cluster.kubectl("get", "pod", "ship", "--no-headers").output.contains("2/2"))
        #expect(try cluster.get("pod ship", ".status.initContainerStatuses[0].restartCount") == "1")
        let main = try #require(cluster.programs(of: uid).first { $0.value.contains("echo main") }?.key)
        let kept = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/\(main)/root/log/text"))
        #expect(try cluster.kubectl("delete", "pod", "ship", "--timeout=60s").status == 0)
        let end = String(decoding: try kept.readToEnd() ?? Data(), as: UTF8.self)
        #expect(end.hasSuffix("main\nmain ends\nside ends\n"), "\(end)")
    }

    @Test func `liveness restarts, startup waits, readiness decides: by command, request and connection`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            Manifest.pod(
                "live", "touch /tmp/fine; sleep 2; rm /tmp/fine; exec sleep 1000",
                container: """
                    livenessProbe: {exec: {command: [cat, /tmp/fine]}, periodSeconds: 1, failureThreshold: 1}
                    """))
        let server = "cd /tmp; sleep 2; exec python3 -m http.server 8080"
        for (name, probe) in [
            ("http", "{httpGet: {path: /, port: 8080}, periodSeconds: 1, failureThreshold: 60}"),
            ("tcp", "{tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 60}"),
        ] {
            try cluster.apply(
                Manifest.pod(
                    name, server,
                    container: """
                        startupProbe: \(probe)
                        livenessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1, failureThreshold: 1}
                        readinessProbe: {httpGet: {path: /there, port: 8080}, periodSeconds: 1}
                        """))
        }
        try cluster.apply(
            Manifest.pod(
                "stuck", "exec sleep 1000",
                container: """
                    startupProbe: {tcpSocket: {port: 81}, periodSeconds: 1, failureThreshold: 2}
                    """))
        try await eventually("the one that fails is restarted") {
            try cluster.get("pod live", ".status.containerStatuses[0].restartCount") == "1"
        }
        func events(_ pod: String) throws -> String {
            try cluster.get("events --field-selector=involvedObject.name=\(pod)", ".items[*].message")
        }
        try await eventually("the events say why") {
            let said = try events("live")
            return said.contains("Liveness probe failed: cat: /tmp/fine: No such file or directory")
                && said.contains("Container main failed liveness probe, will be restarted")
        }
        for pod in ["http", "tcp"] {
            try await eventually("\(pod) has started") { try cluster.get("pod \(pod)", ".status.containerStatuses[0].started") == "true" }
            // A strict liveness probe did it no harm before it had started.
            #expect(try cluster.get("pod \(pod)", ".status.containerStatuses[0].restartCount") == "0")
            #expect(try cluster.get("pod \(pod)", ".status.containerStatuses[0].ready") == "false")
            let program = try #require(cluster.programs(of: try cluster.get("pod \(pod)", ".metadata.uid")).keys.first)
            _ = FileManager.default.createFile(atPath: "/proc/\(program)/root/tmp/there", contents: nil)
            try await cluster.isReady(pod)
        }
        try await eventually("one that does not start is restarted") {
            try Int(cluster.get("pod stuck", ".status.containerStatuses[0].restartCount")) ?? 0 >= 1
        }
        try await eventually("readiness says the status it saw") {
            try events("http").contains("Readiness probe failed: HTTP probe failed with statuscode: 404")
        }
    }

    @Test func `a pod has its grace period: preStop, SIGTERM, and SIGKILL when it is over`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let volume = "volumes: [{name: log, hostPath: {path: \(folder.path)/log}}]"
        let mount = "volumeMounts: [{name: log, mountPath: /log}]"
        let polite = Manifest.pod(
            "polite", "trap 'echo term >> /log/polite; sleep 0.5; echo end >> /log/polite; exit 0' TERM; while true; do sleep 0.1; done",
            spec: volume,
            container: """
                lifecycle: {postStart: {exec: {command: [sh, -c, "echo begin >> /log/polite"]}}, preStop: {exec: {command: [sh, -c, "echo stop >> /log/polite"]}}}
                \(mount)
                """)
        try cluster.apply(polite.replacingOccurrences(of: "terminationGracePeriodSeconds: 1", with: "terminationGracePeriodSeconds: 60"))
        try cluster.apply(Manifest.pod("deaf", "trap '' TERM; while true; do sleep 0.1; done"))
        for pod in ["polite", "deaf"] { try await cluster.isReady(pod) }
        #expect(try cluster.kubectl("delete", "pod", "polite", "deaf", "--timeout=50s").status == 0)
        #expect(try String(contentsOfFile: "\(folder.path)/log/polite", encoding: .utf8) == "begin\nstop\nterm\nend\n")
        #expect(cluster.programs().isEmpty)
    }

    @Test func `a preStop hook that takes the whole grace period leaves two seconds for SIGTERM`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let script = "trap 'sleep 1; echo end >> /log/slow; exit 0' TERM; while true; do sleep 0.1; done"
        try cluster.apply(
            Manifest.pod(
                "slow", script, spec: "volumes: [{name: log, hostPath: {path: \(folder.path)/log, type: DirectoryOrCreate}}]",
                container: """
                    lifecycle: {preStop: {exec: {command: [sh, -c, "echo stop >> /log/slow; sleep 1000"]}}}
                    volumeMounts: [{name: log, mountPath: /log}]
                    """))
        try await cluster.isReady("slow")
        #expect(try cluster.kubectl("delete", "pod", "slow", "--timeout=50s").status == 0)
        #expect(try String(contentsOfFile: "\(folder.path)/log/slow", encoding: .utf8) == "stop\nend\n")
    }

    @Test func `the node says of itself what it does not do`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try await eventually("the node is there") { try cluster.get("nodes", ".items[*].metadata.name") != "" }
        let condition = ".items[0].status.conditions[?(@.type=='ResourceLimitsEnforced')]"
        #expect(try cluster.get("nodes", "\(condition).status") == "False")
        #expect(try cluster.get("nodes", "\(condition).message").contains("resource limits are not enforced"))
        #expect(try cluster.get("nodes", ".items[0].spec.podCIDR") == "10.244.0.0/24")
        let described = try cluster.kubectl("describe", "nodes")
        #expect(described.status == 0)
        #expect(described.output.contains("ResourceLimitsEnforced   False"))
    }
}
