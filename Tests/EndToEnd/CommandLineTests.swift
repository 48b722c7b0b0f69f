import Foundation
import Programs
import Testing

/// Commands that need no cluster.
@Suite(.ownThreads) struct CommandLineTests {
    @Test(arguments: [
        ["--listen", "nowhere"], ["--listen", "[::1]:0"], ["--listen", "example.org:0"], ["--without", "keel"],
        ["--node-monitor-period", "soon"], ["--no-such-flag"],
    ])
    func `a usage error exits with 64`(arguments: [String]) throws {
        let folder = try Folder()
        let outcome = try Program.run(Program.skiff, ["up", "--state-dir", folder.path] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("Error: "))
    }

    @Test(arguments: [
        "up", "down", "reconcile", "plan", "diff", "drift", "status", "history", "rollback", "validate", "render", "kubeconfig", "version",
        "backup", "restore", "check",
    ])
    func `every command has help with examples, and takes no flag it does not know`(command: String) throws {
        let help = try Program.run(Program.skiff, [command, "--help"])
        #expect(help.status == 0)
        #expect(command == "version" || help.output.contains("EXAMPLES"), "\(help.output)")
        #expect(try Program.run(Program.skiff, [command, "--no-such-flag"]).status == 64)
        let root = try Program.run(Program.skiff, ["--help"]).output
        #expect(root.contains("  \(command) "), "\(root)")
    }

    @Test(arguments: [
        ["frobnicate"], ["plan", "--interval", "soon"], ["status", "-o", "xml"], ["drift", "--cluster", "a/b"], ["restore"],
        // What a Sync may not be called, and variables that are not set.
        ["drift", "--cluster", "Home_1"], ["drift", "--cluster", ""], ["status", "--state-dir", ""], ["plan", "--repo", ""],
    ])
    func `what is no command, no value or nothing is a usage error`(arguments: [String]) throws {
        let outcome = try Program.run(Program.skiff, arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("Usage: skiff"), "\(outcome.errors)")
    }

    @Test func `shells complete its commands`() throws {
        for (shell, text) in [("bash", "complete -o filenames -F"), ("zsh", "#compdef skiff"), ("fish", "complete -c")] {
            let script = try Program.run(Program.skiff, ["--generate-completion-script", shell])
            #expect(script.status == 0)
            for word in [text, "rollback", "detailed-exitcode"] { #expect(script.output.contains(word), "\(shell)") }
        }
        let bash = try #require(Program.find("bash"))
        let script = try Program.run(Program.skiff, ["--generate-completion-script", "bash"]).output
        #expect(try Program.run(bash, ["-n"], input: script).status == 0)
    }

    @Test func `version tells of itself and of the API`() throws {
        let text = try Program.run(Program.skiff, ["version"]).output
        #expect(text.hasPrefix("skiff ") && text.contains("(Kubernetes v1.36."))
        #expect(try Program.run(Program.skiff, ["version", "-o", "json"]).output.contains("\"kubernetes\":\"v1.36."))
        #expect(try Program.run(Program.skiff, ["version", "-o", "yaml"]).output.contains("kubernetes: v1.36."))
    }

    @Test func `without a cluster, commands name the state directory they looked in, and what to do`() throws {
        let folder = try Folder()
        let environment = ["XDG_STATE_HOME": folder.path]
        let state = folder.path + "/skiff"
        for command in ["plan", "diff", "drift", "status", "history", "reconcile", "rollback"] {
            let outcome = try Program.run(Program.skiff, [command], environment: environment)
            #expect(outcome.status == (["diff", "drift"].contains(command) ? 2 : 1), "\(command)")
            #expect(outcome.errors == "skiff: no repository is known for the state directory \(state): name one with --repo\n")
        }
        let status = try Program.run(Program.skiff, ["status", "--repo", folder.path], environment: environment)
        #expect(status.status == 1)
        #expect(
            status.errors.contains("\(state)/kubeconfig: no kubeconfig; is the cluster running (skiff up), or is it another --state-dir?"))
        let kubeconfig = try Program.run(Program.skiff, ["kubeconfig"], environment: environment)
        #expect(kubeconfig.errors.contains("\(state)/kubeconfig: no kubeconfig yet"))
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
