import Foundation
import Testing

/// Commands that need no cluster.
@Suite(.ownThreads) struct CommandLineTests {
    @Test(arguments: [["--listen", "nowhere"], ["--without", "keel"], ["--node-monitor-period", "soon"], ["--no-such-flag"]])
    func `a usage error exits with 64`(arguments: [String]) throws {
        let folder = try Folder()
        let outcome = try Program.run(Program.skiff, ["up", "--state-dir", folder.path] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("Error: "))
    }

    @Test func `there is no kubeconfig before there is a cluster`() throws {
        let folder = try Folder()
        let outcome = try Program.run(Program.skiff, ["kubeconfig", "--state-dir", folder.path])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("no kubeconfig yet"))
    }

    @Test func `validate names file, line and field of everything that is wrong`() throws {
        let folder = try Folder()
        _ = try folder.write("web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replica: 3\n")
        _ = try folder.write("broken.yaml", "a:\n\tb: 1\n")
        let outcome = try Program.run(Program.skiff, ["validate", folder.path])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("web.yaml:6:3"), "\(outcome.output)")
        #expect(outcome.output.contains("replicas"), "the nearest known name")
        #expect(outcome.output.contains("broken.yaml:2:1"))
        let json = try Program.run(Program.skiff, ["validate", folder.path, "-o", "json"])
        #expect(json.output.hasPrefix("{\"files\":2"))
    }

    @Test func `the sample repository is valid`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let outcome = try Program.run(Program.skiff, ["validate", root.appendingPathComponent("sample-repo").path])
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}
