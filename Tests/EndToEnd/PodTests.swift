import Foundation
import Programs
import Testing

/// The sample system on this machine: that it works, what happens when its parts die, and when skiff does.
@Suite(.serialized, .ownThreads) struct PodTests {
    /// The sample's manifests, its node port a free one: other clusters run beside this one.
    private static func sample() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("sample-repo").path
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
        let texts = try (["namespace.yaml"] + files.filter { $0 != "namespace.yaml" }).map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
        return texts.joined(separator: "\n---\n").replacingOccurrences(of: "      nodePort: 30080\n", with: "")
    }

    /// A cluster with the sample in it, all of it up.
    private func running(_ folder: Folder) async throws -> Cluster {
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(try PodTests.sample())
        try await eventually("the sample runs") {
            let pods = try cluster.kubectl("get", "pods", "-n", "shop", "--no-headers").output.split(separator: "\n")
            let up = pods.filter { $0.contains("1/1") && $0.contains("Running") || $0.contains("2/2") || $0.contains("Completed") }
            return pods.count == 5 && up.count == 5
        }
        return cluster
    }

    private func shop(_ cluster: Cluster, _ what: String, _ path: String) throws -> String {
        try cluster.get(what, path, namespace: "shop")
    }

    /// The web servers' processes.
    private func servers(_ cluster: Cluster) -> Set<Int32> { Set(cluster.programs().filter { $0.value.contains("server.py") }.keys) }

    @Test func `the sample system works, outlives its parts and skiff, and stops in order`() async throws {
        let folder = try Folder()
        let cluster = try await running(folder)
        let curl = try #require(Program.find("curl"))
        let port = try shop(cluster, "service web", ".spec.ports[0].nodePort")

        // Three replicas bind the wildcard address on port 80, and the node port is balanced over them.
        var seen: Set<String> = []
        try await eventually("all three pods answer on the node port") {
            let page = try Program.run(curl, ["-s", "-m", "3", "http://127.0.0.1:\(port)/"]).output
            if let line = page.split(separator: "\n").first(where: { $0.contains("Served by") }) { seen.insert(String(line)) }
            if page.contains("Served by") { #expect(page.contains("<h1>Welcome aboard</h1>"), "the page by the settings") }
            return seen.count == 3
        }
        // The second container serves what the first writes into the emptyDir they share.
        let clock = try shop(cluster, "pods -l app=clock", ".items[0].status.podIP")
        let time = try await cluster.ask("curl -s -m 5 http://\(clock):8080/")
        #expect(time.contains("20"), "a date: \(time)")
        // The job is done, and its log comes from the node through the API.
        #expect(try shop(cluster, "job greet", ".status.succeeded") == "1")
        #expect(try cluster.kubectl("logs", "-n", "shop", "job/greet").output == "the shop is open\n")

        // kill -9 of a container's process: restarted in place.
        let uid = try shop(cluster, "pods -l app=clock", ".items[0].metadata.uid")
        let victim = try #require(cluster.programs(of: uid).first { $0.value.contains("http.server") }?.key)
        let writer = try #require(cluster.programs(of: uid).first { $0.value.contains("while true") }?.key)
        kill(victim, SIGKILL)
        let server = ".items[0].status.containerStatuses[?(@.name=='server')]"
        try await eventually("the container is restarted and counted") {
            try shop(cluster, "pods -l app=clock", "\(server).restartCount") == "1"
                && shop(cluster, "pods -l app=clock", "\(server).ready") == "true"
        }
        #expect(try shop(cluster, "pods -l app=clock", "\(server).lastState.terminated.exitCode") == "137")
        #expect(try shop(cluster, "pods -l app=clock", ".items[0].metadata.uid") == uid)
        #expect(Processes.isAlive(writer), "its neighbour does not notice")

        // A deleted pod is replaced, and a deleted ReplicaSet made again.
        func allReady() async throws {
            try await eventually("three pods are ready again") {
                try shop(cluster, "pods -l app=web", ".items[*].status.containerStatuses[0].ready") == "true true true"
            }
        }
        let doomed = try shop(cluster, "pods -l app=web", ".items[0].metadata.name")
        #expect(try cluster.kubectl("delete", "pod", "-n", "shop", doomed, "--timeout=60s").status == 0)
        try await allReady()
        #expect(try shop(cluster, "pod \(doomed)", ".metadata.name") == "")
        let set = try shop(cluster, "replicasets -l app=web", ".items[0].metadata.uid")
        #expect(try cluster.kubectl("delete", "replicaset", "-n", "shop", "-l", "app=web", "--timeout=60s").status == 0)
        try await eventually("there is another ReplicaSet") {
            let now = try shop(cluster, "replicasets -l app=web", ".items[0].metadata.uid")
            return now != "" && now != set
        }
        try await allReady()

        // SIGTERM leaves pods running; the next start takes up the same ones. So does kill -9.
        var running = cluster
        let before = try shop(cluster, "pods -l app=web", ".items[*].metadata.uid")
        let processes = servers(cluster)
        #expect(processes.count == 3)
        for signal in [SIGTERM, SIGKILL] {
            try await running.end(signal)
            #expect(servers(running) == processes)
            running = try await Cluster.whole(folder)
            let cluster = running
            try await eventually("the node has looked at its pods") {
                try shop(cluster, "pods -l app=web", ".items[*].status.containerStatuses[0].ready") == "true true true"
                    && cluster.get("nodes", ".items[0].status.conditions[?(@.type=='Ready')].status") == "True"
            }
            let page = try Program.run(curl, ["-s", "-m", "5", "--retry", "5", "--retry-all-errors", "http://127.0.0.1:\(port)/"]).output
            #expect(page.contains("Welcome aboard"), "the same node port")
            #expect(try shop(cluster, "pods -l app=web", ".items[*].metadata.uid") == before)
            #expect(try shop(cluster, "pods -l app=web", ".items[*].status.containerStatuses[0].restartCount") == "0 0 0")
            #expect(servers(cluster) == processes)
            #expect(!cluster.said.contains("warning"), "\(cluster.said)")
        }

        // The engine is dead; down stops the pods all the same.
        try await running.end(SIGKILL)
        let down = try Program.run(Program.skiff, ["down", "--state-dir", cluster.state])
        #expect(down.status == 0, "\(down.errors)")
        #expect(down.output == "stopped 4 pods that no engine looked after\n")
        #expect(servers(cluster).isEmpty)
        #expect(cluster.shims().isEmpty)
        #expect(cluster.keeper == nil)
    }

    @Test func `Ctrl-C stops the pods, and the next start starts them in place`() async throws {
        let folder = try Folder()
        let cluster = try await running(folder)
        let before = try shop(cluster, "pods -l app=web", ".items[*].metadata.uid")
        let processes = servers(cluster)
        #expect(try await cluster.end(SIGINT) == 0)
        #expect(processes.allSatisfy { !Processes.isAlive($0) })
        #expect(cluster.shims().isEmpty)
        #expect(cluster.keeper == nil)
        #expect(cluster.said.contains("stopping 4 pods; Ctrl-C again ends them at once"))

        let second = try await Cluster.whole(folder)
        try await eventually("the pods run again") {
            try shop(second, "pods -l app=web", ".items[*].status.containerStatuses[0].ready") == "true true true"
                && shop(second, "pods -l app=web", ".items[*].status.containerStatuses[0].restartCount") == "1 1 1"
        }
        #expect(try shop(second, "pods -l app=web", ".items[*].metadata.uid") == before)
    }
}
