import Foundation
import Testing

/// Push, run, drift, revert: the loop with the built binary, real git and kubectl, without pods.
@Suite(.serialized) struct LoopTests {
    private static let apiOnly = ["--without", "node,proxy"]

    /// A bare repository and a clone of it to work in.
    private struct Repository {
        let bare: String
        let work: String

        init(_ folder: Folder) throws {
            bare = folder.path + "/deploy.git"
            work = folder.path + "/work"
            try git("init", "-q", "--bare", "-b", "main", bare, in: folder.path)
            try git("clone", "-q", bare, work, in: folder.path)
            try git("checkout", "-q", "-B", "main", in: work)
        }

        @discardableResult
        func git(_ arguments: String..., in directory: String? = nil) throws -> String {
            let path = try #require(Program.find("git"))
            let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", directory ?? work]
            let outcome = try Program.run(path, identity + arguments)
            #expect(outcome.status == 0, "git \(arguments): \(outcome.errors)")
            return outcome.output
        }

        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: "\(work)/\(name)", atomically: true, encoding: .utf8)
        }

        func push(_ message: String) throws {
            try git("add", "-A")
            try git("commit", "-q", "-m", message)
            try git("push", "-q", "origin", "main")
        }
    }

    private func configMap(_ name: String, _ value: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\ndata:\n  greeting: \(value)\n"
    }

    private func skiff(_ arguments: String..., state: String) throws -> Outcome {
        try Program.run(
            Program.skiff, arguments + ["--state-dir", state],
            environment: [
                "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
                "GIT_COMMITTER_EMAIL": "ada@example.org",
            ])
    }

    private func greeting(_ cluster: Cluster, _ name: String = "web") throws -> String {
        try cluster.kubectl("get", "configmap", name, "-o", "jsonpath={.data.greeting}").output
    }

    @Test func `a push is applied, a live change put right, a removed file pruned, a revert rolled back`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", configMap("web", "hello"))
        try repository.write("extra.yaml", configMap("extra", "more"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the first commit runs") { try greeting(cluster) == "hello" && greeting(cluster, "extra") == "more" }

        // A live change is drift: corrected, and told of.
        try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", "{\"data\":{\"greeting\":\"pirates\"}}")
        try await eventually("the change is put right") { try greeting(cluster) == "hello" }
        try await eventually("the drift is told of") {
            cluster.said.contains("data.greeting") && cluster.said.contains("web.yaml:6") && cluster.said.contains("pirates")
        }
        #expect(try skiff("drift", state: cluster.state).status == 0)

        // What git never had stays; what it no longer has goes.
        try cluster.kubectl("create", "configmap", "by-hand", "--from-literal=greeting=mine")
        try repository.git("rm", "-q", "extra.yaml")
        try repository.write("web.yaml", configMap("web", "goodbye"))
        try repository.push("Second")
        try await eventually("the second commit runs") { try greeting(cluster) == "goodbye" }
        try await eventually("the removed file's object is deleted") {
            try cluster.kubectl("get", "configmap", "extra").errors.contains("not found")
        }
        #expect(try greeting(cluster, "by-hand") == "mine")

        // A commit that does not load changes nothing.
        try repository.write("broken.yaml", "a:\n\tb: 1\n")
        try repository.push("Broken")
        try await eventually("the broken commit is told of") { cluster.said.contains("broken.yaml:2:1") }
        #expect(try greeting(cluster) == "goodbye")
        let status = try skiff("status", state: cluster.state)
        #expect(status.output.contains("broken.yaml"), "\(status.output)")
        try repository.git("rm", "-q", "broken.yaml")
        try repository.push("Mended")

        // Rollback makes and pushes the revert.
        try repository.write("web.yaml", configMap("web", "wrong"))
        try repository.push("Wrong")
        try await eventually("the wrong commit runs") { try greeting(cluster) == "wrong" }
        let rollback = try skiff("rollback", state: cluster.state)
        #expect(rollback.status == 0 && rollback.output.contains("\"Wrong\""), "\(rollback.errors)")
        try await eventually("the revert runs") { try greeting(cluster) == "goodbye" }

        let history = try skiff("history", state: cluster.state)
        #expect(history.output.contains("Revert \"Wrong\"") && history.output.contains("First"), "\(history.output)")
        try await eventually("status is committed back") {
            try repository.git("ls-remote", repository.bare, "refs/heads/skiff/status/default").isEmpty == false
        }
        let files = try repository.git("--git-dir", repository.bare, "ls-tree", "--name-only", "skiff/status/default")
        #expect(files == "drift.json\ndrift.md\nhistory.json\nstatus.json\nstatus.md\n")
    }

    @Test func `plan and diff say what a commit would change, drift in report mode stays, secrets are never shown`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  password: "
        try repository.write("web.yaml", configMap("web", "hello"))
        try repository.write("key.yaml", secret + "hunter2-first\n")
        try repository.push("First")
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--repo", repository.bare, "--drift", "report"] + Self.apiOnly)
        try await eventually("the first commit runs") { try greeting(cluster) == "hello" }
        try await eventually("nothing is left to change") {
            try skiff("plan", "--detailed-exitcode", state: cluster.state).status == 0
        }
        #expect(try skiff("diff", state: cluster.state).status == 0)

        try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", "{\"data\":{\"greeting\":\"pirates\"}}")
        try cluster.kubectl("patch", "secret", "key", "--type=merge", "-p", "{\"stringData\":{\"password\":\"hunter2-live\"}}")
        try await eventually("drift is seen") { try skiff("drift", state: cluster.state).status == 1 }
        let drift = try skiff("drift", state: cluster.state)
        #expect(drift.output.contains("web.yaml:6") && drift.output.contains("pirates"), "\(drift.output)")
        let diff = try skiff("diff", state: cluster.state)
        #expect(diff.status == 1)
        #expect(diff.output.contains("-  greeting: pirates\n+  greeting: hello\n"), "\(diff.output)")
        #expect(try skiff("plan", "--detailed-exitcode", state: cluster.state).status == 2)
        #expect(try greeting(cluster) == "pirates")

        let everything = try [
            drift.output, drift.errors, diff.output, diff.errors, cluster.said, skiff("status", "-o", "json", state: cluster.state).output,
            skiff("plan", "-o", "json", state: cluster.state).output, skiff("drift", "-o", "yaml", state: cluster.state).output,
        ]
        for text in everything {
            for form in ["hunter2", Data("hunter2-first".utf8).base64EncodedString(), Data("hunter2-live".utf8).base64EncodedString()] {
                #expect(!text.contains(form))
            }
        }
    }

    @Test func `one pass without an engine runs one for that time`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", configMap("web", "hello"))
        try repository.push("First")
        let state = folder.path + "/state"
        let pass = try skiff("reconcile", "--repo", repository.bare, state: state)
        #expect(pass.status == 0, "\(pass.output)\(pass.errors)")
        let cluster = try await Cluster(state: state, ["--without", "reconciler,node,proxy"])
        #expect(try greeting(cluster) == "hello")
        // With the engine that runs now; a commit that does not load is a failure.
        try repository.write("web.yaml", "kind: ConfigMap\n")
        try repository.push("Broken")
        let failed = try skiff("reconcile", "--repo", repository.bare, "--timeout", "5s", state: state)
        #expect(failed.status == 1)
        #expect((failed.output + failed.errors).contains("web.yaml:1"), "\(failed.output)\(failed.errors)")
        #expect(try greeting(cluster) == "hello")
        _ = try? Program.run(Program.skiff, ["down", "--state-dir", state])
    }
}
