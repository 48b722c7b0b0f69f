import Foundation
import Programs
import Testing

/// What a person at a terminal sees beyond what a program gets: colours, and what is going on.
@Suite(.serialized, .ownThreads) struct TerminalTests {
    /// Runs a command at a terminal, by util-linux's script(1).
    private func terminal(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let script = try #require(Program.find("script"))
        let command = ([Program.skiff] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let settings = ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 }
        return try Program.run(script, ["-qec", command, "/dev/null"], environment: settings).output
    }

    @Test func `colours are for terminals, unless NO_COLOR says no`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        let state = folder.path + "/state"
        let cluster = try await Cluster(state: state, ["--repo", repository.bare, "--drift", "report", "--without", "node,proxy"])
        try await eventually("it runs") { cluster.said.contains("in sync") }
        #expect(try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", "{\"data\":{\"greeting\":\"bye\"}}").status == 0)
        try await eventually("it has drifted") { try cluster.skiff("drift").status == 1 }
        let diff = try terminal(["diff", "--state-dir", state])
        #expect(diff.contains("\u{1B}[31m-  greeting: bye\u{1B}[0m") && diff.contains("\u{1B}[32m+  greeting: hello\u{1B}[0m"), "\(diff)")
        for command in ["diff", "drift", "status", "history", "plan"] {
            let plain = [
                try cluster.skiff(command).output, try terminal([command, "--state-dir", state], environment: ["NO_COLOR": "1"]),
                try terminal([command, "--state-dir", state], environment: ["TERM": "dumb"]),
            ]
            for text in plain { #expect(!text.contains("\u{1B}[3") && !text.isEmpty, "\(text)") }
        }
        #expect(!cluster.said.contains("\u{1B}"))
    }

    @Test func `what takes long says what it is at, on a terminal alone`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write(
            "claim.yaml",
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: disk}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}

            """)
        try repository.push("A claim that nobody fills")
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,node,proxy"])
        let arguments = ["reconcile", "--repo", repository.bare, "--state-dir", cluster.state, "--timeout", "3s"]
        let seen = try terminal(arguments)
        let line = "waiting for 1 object: PersistentVolumeClaim default/disk: the claim is Pending"
        #expect(seen.contains("\r\u{1B}[K" + line.prefix(79)), "\(seen)")
        let end = try #require(seen.range(of: "synced"))
        #expect(!seen[end.lowerBound...].contains("waiting for"), "it is gone in the end")
        let piped = try Program.run(Program.skiff, arguments)
        #expect(piped.status == 3)
        #expect(!(piped.output + piped.errors).contains("waiting for"))
    }
}
