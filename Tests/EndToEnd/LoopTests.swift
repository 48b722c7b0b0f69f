import Foundation
import Programs
import Testing

/// Push, run, drift, revert: the loop with the built binary, real git and kubectl, without pods.
@Suite(.serialized, .ownThreads) struct LoopTests {
    private static let apiOnly = ["--without", "node,proxy"]

    @Test func `a push is applied, a live change put right, a removed file pruned, a revert rolled back`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.write("extra.yaml", Manifest.configMap("extra", "more"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the first commit runs") { try cluster.greeting() == "hello" && cluster.greeting("extra") == "more" }

        // What git never had stays; what it no longer has goes.
        try cluster.kubectl("create", "configmap", "by-hand", "--from-literal=greeting=mine")
        try repository.git("rm", "-q", "extra.yaml")
        try repository.write("web.yaml", Manifest.configMap("web", "goodbye"))
        try repository.push("Second")
        try await eventually("the second commit runs") { try cluster.greeting() == "goodbye" }
        try await eventually("the removed file's object is deleted") { try cluster.greeting("extra").isEmpty }
        #expect(try cluster.greeting("by-hand") == "mine")

        // A commit that does not load changes nothing, nor does one without manifests.
        try repository.write("broken.yaml", "a:\n\tb: 1\n")
        try repository.push("Broken")
        try await eventually("the broken commit is told of") { cluster.said.contains("broken.yaml:2:1") }
        #expect(try cluster.greeting() == "goodbye")
        let status = try cluster.skiff("status")
        #expect(status.output.contains("broken.yaml:2:1"), "\(status.output)")
        try repository.git("rm", "-q", "broken.yaml", "web.yaml")
        try repository.push("Nothing")
        try await eventually("the empty commit is told of") { cluster.said.contains("holds no manifest: nothing is changed or deleted") }
        #expect(try cluster.greeting() == "goodbye")
        try repository.write("web.yaml", Manifest.configMap("web", "goodbye"))
        try repository.push("Mended")
        try await eventually("the mended commit runs") { try cluster.skiff("status").output.contains("synced    yes") }

        // A revert that is pushed rolls back.
        try repository.write("web.yaml", Manifest.configMap("web", "wrong"))
        try repository.push("Wrong")
        try await eventually("the wrong commit runs") { try cluster.greeting() == "wrong" }
        try repository.git("revert", "--no-edit", "HEAD")
        try repository.git("push", "-q", "origin", "HEAD:main")
        try await eventually("the revert runs") { try cluster.greeting() == "goodbye" }

        let history = try cluster.skiff("history")
        for word in ["Revert \"Wrong\"", "First", "Broken", "failed", "synced"] {
            #expect(history.output.contains(word), "\(history.output)")
        }
        let records = try cluster.skiff("history", "-o", "json").output
        #expect(records.contains("\"subject\":\"Broken\"") && records.contains("\"author\":\"Ada\""), "\(records)")
        #expect(records.contains("ConfigMap default/extra pruned"))
    }

    @Test func `one pass without an engine runs one for that time`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        let state = folder.path + "/state"
        let pass = try Program.run(Program.skiff, ["reconcile", "--repo", repository.bare, "--state-dir", state])
        #expect(pass.status == 0, "\(pass.output)\(pass.errors)")
        let cluster = try await Cluster(state: state, ["--without", "reconciler,node,proxy"])
        #expect(try cluster.greeting() == "hello")
        // With the engine that runs now; a commit that does not load is a failure.
        try repository.write("web.yaml", "kind: ConfigMap\n")
        try repository.push("Broken")
        let failed = try cluster.skiff("reconcile", "--repo", repository.bare, "--timeout", "5s")
        #expect(failed.status == 1)
        #expect((failed.output + failed.errors).contains("web.yaml:1"), "\(failed.output)\(failed.errors)")
        #expect(try cluster.greeting() == "hello")
        try cluster.skiff("down")
    }
}
