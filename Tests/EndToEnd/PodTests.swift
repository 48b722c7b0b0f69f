import Foundation
import Testing

/// Real pods on this machine: the sample system, what happens when its parts die, and when skiff does.
@Suite(.serialized) struct PodTests {
    private static let whole = ["--without", "reconciler"]

    private var sample: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("sample-repo").path
    }

    /// A cluster with the sample in it, all of it up.
    private func running(_ state: String) async throws -> Cluster {
        let cluster = try await Cluster(state: state, Self.whole)
        for part in ["namespace.yaml", "web", "clock", "jobs"] {
            let applied = try cluster.kubectl("apply", "--server-side", "-f", "\(sample)/\(part)")
            #expect(applied.status == 0, "\(applied.errors)")
        }
        try await eventually("the sample runs") {
            let pods = try cluster.kubectl("get", "pods", "-n", "shop", "--no-headers").output.split(separator: "\n")
            let up = pods.filter { $0.contains("1/1") && $0.contains("Running") || $0.contains("2/2") || $0.contains("Completed") }
            return pods.count == 5 && up.count == 5
        }
        return cluster
    }

    private func json(_ cluster: Cluster, _ path: String, _ arguments: String...) throws -> String {
        let pods = ["get", "pods", "-n", "shop"] + arguments + ["-o", "jsonpath={\(path)}"]
        let kubectl = try #require(Program.find("kubectl"))
        return try Program.run(kubectl, pods, environment: ["KUBECONFIG": "\(cluster.state)/kubeconfig"]).output
    }

    /// The process of the web server of a pod, as this machine numbers it.
    private func processes(_ marker: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            return String(decoding: line, as: UTF8.self).contains(marker)
        }
    }

    @Test func `the sample system works, outlives its parts and skiff, and stops in order`() async throws {
        let folder = try Folder()
        let cluster = try await running(folder.path + "/state")
        defer { _ = try? Program.run(Program.skiff, ["down", "--state-dir", cluster.state]) }
        let curl = try #require(Program.find("curl"))

        // The NodePort is balanced over the three pods.
        var seen: Set<String> = []
        try await eventually("all three pods answer on the node port") {
            let page = try Program.run(curl, ["-s", "-m", "3", "http://127.0.0.1:30080/"]).output
            if let line = page.split(separator: "\n").first(where: { $0.contains("Served by") }) { seen.insert(String(line)) }
            return seen.count == 3
        }
        // The job's log, from the node through the API.
        #expect(try cluster.kubectl("logs", "-n", "shop", "job/greet").output == "the shop is open\n")

        // kill -9 of a container's process: restarted in place.
        let clock = try json(cluster, ".items[0].metadata.uid", "-l", "app=clock")
        let victim = try #require(try processes("http.server\u{0}8080").first)
        kill(victim, SIGKILL)
        try await eventually("the container is restarted and counted") {
            try json(cluster, ".items[0].status.containerStatuses[?(@.name=='server')].restartCount", "-l", "app=clock") == "1"
        }
        let last = ".items[0].status.containerStatuses[?(@.name=='server')].lastState.terminated.exitCode"
        #expect(try json(cluster, last, "-l", "app=clock") == "137")
        #expect(try json(cluster, ".items[0].metadata.uid", "-l", "app=clock") == clock)

        // A deleted pod is replaced.
        let doomed = try json(cluster, ".items[0].metadata.name", "-l", "app=web")
        #expect(try cluster.kubectl("delete", "pod", "-n", "shop", doomed, "--timeout=60s").status == 0)
        try await eventually("three pods are ready again") {
            try json(cluster, ".items[*].status.containerStatuses[0].ready", "-l", "app=web") == "true true true"
        }

        // SIGTERM leaves pods running; the next start takes up the same ones.
        let before = try json(cluster, ".items[*].metadata.uid", "-l", "app=web")
        let servers = Set(try processes("/srv/page/server.py"))
        #expect(try await cluster.end(SIGTERM) == 0)
        #expect(Set(try processes("/srv/page/server.py")) == servers)
        let second = try await Cluster(state: cluster.state, Self.whole)
        try await eventually("the pods are ready under the new engine") {
            try json(second, ".items[*].status.containerStatuses[0].ready", "-l", "app=web") == "true true true"
        }
        #expect(try json(second, ".items[*].metadata.uid", "-l", "app=web") == before)
        #expect(try json(second, ".items[*].status.containerStatuses[0].restartCount", "-l", "app=web") == "0 0 0")
        #expect(Set(try processes("/srv/page/server.py")) == servers)

        // kill -9 of the engine, then down: pods stop all the same.
        try await second.end(SIGKILL)
        let down = try Program.run(Program.skiff, ["down", "--state-dir", cluster.state])
        #expect(down.status == 0, "\(down.errors)")
        #expect(try processes("/srv/page/server.py").isEmpty)
    }

    @Test func `Ctrl-C stops the pods`() async throws {
        let folder = try Folder()
        let cluster = try await running(folder.path + "/state")
        #expect(try await cluster.end(SIGINT) == 0)
        #expect(try processes("/srv/page/server.py").isEmpty)
        #expect(cluster.said.contains("stopping"))
    }
}
