import Foundation
import Programs
import Testing

/// Pods through the ends of skiff and of the machine.
@Suite(.serialized, .ownThreads) struct AdoptionTests {
    @Test func `what happens while skiff is away is seen by the next start`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("stays", "exec sleep 1000"))
        try cluster.apply(Manifest.pod("falls", "exec sleep 1000"))
        try cluster.apply(Manifest.pod("ends", "while ! [ -e /tmp/go ]; do sleep 0.1; done; exit 0", spec: "restartPolicy: Never"))
        for pod in ["stays", "falls", "ends"] { try await cluster.isReady(pod) }
        func uid(_ pod: String) throws -> String { try cluster.get("pod \(pod)", ".metadata.uid") }
        let (falls, ends) = (try uid("falls"), try uid("ends"))
        let kept = cluster.programs(of: try uid("stays"))
        try await cluster.end(SIGKILL)
        for (pid, line) in cluster.programs(of: falls) where line.contains("sleep") { kill(pid, SIGKILL) }
        let waiter = try #require(cluster.programs(of: ends).first { $0.value.contains("while") }?.key)
        _ = FileManager.default.createFile(atPath: "/proc/\(waiter)/root/tmp/go", contents: nil)
        try await eventually("both have ended") { cluster.programs(of: falls).isEmpty && cluster.programs(of: ends).isEmpty }

        let second = try await Cluster.whole(folder)
        try await eventually("the one is restarted, the other is done") {
            try second.get("pod falls", ".status.containerStatuses[0].restartCount") == "1"
                && second.get("pod falls", ".status.containerStatuses[0].ready") == "true"
                && second.get("pod ends", ".status.phase") == "Succeeded"
        }
        #expect(try second.get("pod falls", ".status.containerStatuses[0].lastState.terminated.exitCode") == "137")
        #expect(try second.get("pod stays", ".status.containerStatuses[0].restartCount") == "0")
        #expect(second.programs(of: try uid("stays")) == kept)
    }

    @Test func `a pod that was deleted while skiff was away is stopped`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("goes", "exec sleep 1000"))
        try await cluster.isReady("goes")
        try await cluster.end(SIGTERM)
        #expect(cluster.programs().count == 1)
        let second = try await Cluster(state: cluster.state, ["--without", "reconciler,node,proxy"], in: folder)
        #expect(try second.kubectl("delete", "pod", "goes", "--force", "--grace-period=0").status == 0)
        try await second.end(SIGTERM)
        let third = try await Cluster.whole(folder)
        try await eventually("nothing of it runs") { third.shims().isEmpty }
        try await eventually("nothing of it is kept") {
            try FileManager.default.contentsOfDirectory(atPath: "\(third.state)/node/pods").isEmpty
        }
    }

    @Test func `after a reboot pods start again in place, and nobody else's process is taken for theirs`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            Manifest.pod(
                "web", "echo here >> /kept/starts; sleep 1000", spec: "volumes: [{name: kept, emptyDir: {}}]",
                container: "volumeMounts: [{name: kept, mountPath: /kept}]"))
        try await cluster.isReady("web")
        let uid = try cluster.get("pod web", ".metadata.uid")
        // As a reboot leaves it: everything dead, and the numbers of the shim and the keeper given to others meanwhile.
        try await cluster.end(SIGKILL)
        for pid in cluster.processes { kill(pid, SIGKILL) }
        try await eventually("all of it is dead") { cluster.shims().isEmpty && cluster.keeper == nil }
        let stranger = try Background(try #require(Program.find("sleep")), ["1000"])
        let fields = try String(contentsOfFile: "/proc/\(stranger.pid)/stat", encoding: .utf8).split(separator: " ")
        let identity = "\(stranger.pid) \(fields[21]) 00000000-0000-0000-0000-000000000000\n"
        for file in ["pods/\(uid)/shim", "network/identity", "network/pasta"] {
            try identity.write(toFile: "\(cluster.state)/node/\(file)", atomically: true, encoding: .utf8)
        }

        let second = try await Cluster.whole(folder)
        try await eventually("the pod runs again") {
            try second.get("pod web", ".status.containerStatuses[0].restartCount") == "1"
                && second.get("pod web", ".status.containerStatuses[0].ready") == "true"
        }
        #expect(try second.get("pod web", ".metadata.uid") == uid)
        let kept = try String(contentsOfFile: "\(second.state)/node/pods/\(uid)/volumes/kept/starts", encoding: .utf8)
        #expect(kept == "here\nhere\n", "an emptyDir is as old as its pod")
        #expect(stranger.isRunning)
        #expect(second.shims()[uid] != stranger.pid)
    }

    @Test func `Ctrl-C waits for pods, a second one does not`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let stubborn = Manifest.pod("stubborn", "trap '' TERM; while true; do sleep 1; done")
            .replacingOccurrences(of: "terminationGracePeriodSeconds: 1", with: "terminationGracePeriodSeconds: 600")
        try cluster.apply(stubborn)
        try await cluster.isReady("stubborn")
        let programs = cluster.programs()
        kill(cluster.pid, SIGINT)
        try await eventually("it says that it waits") { cluster.said.contains("stopping 1 pod; Ctrl-C again ends them at once") }
        #expect(programs.keys.contains { Processes.isAlive($0) })
        #expect(try await cluster.end(SIGINT) == 0)
        #expect(programs.keys.allSatisfy { !Processes.isAlive($0) })
        #expect(cluster.shims().isEmpty)
        #expect(cluster.keeper == nil)
    }

    @Test func `down tells the engine, and there may be nothing to stop`() async throws {
        let folder = try Folder()
        let none = try Program.run(Program.skiff, ["down", "--state-dir", folder.path + "/state"])
        #expect(none.status == 0)
        #expect(none.output == "no cluster in \(folder.path)/state\n")
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("web", "exec sleep 1000"))
        try await cluster.isReady("web")
        let down = try Program.run(Program.skiff, ["down", "--state-dir", cluster.state])
        #expect(down.output == "stopped\n", "\(down.errors)")
        #expect(!Processes.isAlive(cluster.pid))
        #expect(cluster.shims().isEmpty)
        #expect(try Program.run(Program.skiff, ["down", "--state-dir", cluster.state]).output == "stopped\n")
    }

    @Test func `what runs for a state directory ends when that is removed`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("web", "exec sleep 1000"))
        try await cluster.isReady("web")
        try await cluster.end(SIGKILL)
        let left = cluster.processes
        #expect(left.count >= 3, "a program, its shim, and what holds the node's network")
        try cluster.forget()
        try await eventually("nothing of it runs") { left.allSatisfy { !Processes.isAlive($0) } }
    }

    @Test func `a pod costs little memory beside its program`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("web", "exec sleep 1000"))
        try await cluster.isReady("web")
        for pid in Array(cluster.shims().values) + [try #require(cluster.keeper)] {
            let smaps = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
            let line = try #require(smaps.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") })
            let kilobytes = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
            #expect(kilobytes <= 4096)
        }
    }
}
