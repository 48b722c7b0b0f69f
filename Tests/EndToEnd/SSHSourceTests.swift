import Foundation
import Programs
import Testing

/// A repository over ssh, by a real server and the installed ssh.
@Suite(.serialized, .ownThreads) struct SSHSourceTests {
    private func up(_ folder: Folder, _ flags: [String], ssh: [String]) async throws -> Cluster {
        try await Cluster(
            state: folder.path + "/state", flags + ["--interval", "500ms", "--without", "node,proxy"], launcher: ["env"] + ssh)
    }

    @Test func `a key is used for fetching and pushing, and remembered`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let server = try await SSHServer(folder)
        let url = server.url(of: repository)
        let ssh = ["GIT_SSH_COMMAND=\(server.command)"]
        var cluster = try await up(folder, ["--repo", url, "--ssh-key", server.key], ssh: ssh)
        try await eventually("it runs") { try cluster.greeting() == "one" }
        try await eventually("its status is pushed") {
            try repository.git("for-each-ref", "refs/heads/skiff/status/default", in: repository.bare) != ""
        }
        try await cluster.end(SIGTERM)
        cluster = try await up(folder, [], ssh: ssh)
        try repository.write("web.yaml", Manifest.configMap("web", "two"))
        try repository.push("Two")
        try await eventually("a push is noticed") { try cluster.greeting() == "two" }
        let rollback = try Program.run(
            Program.skiff, ["rollback", "--state-dir", cluster.state],
            environment: Repository.ada.merging(["GIT_SSH_COMMAND": server.command]) { $1 })
        #expect(rollback.status == 0, "\(rollback.errors)")
        #expect(rollback.output.contains(" to main of ssh://"), "\(rollback.output)")
        try await eventually("it is rolled back") { try cluster.greeting() == "one" }
        #expect(!cluster.said.contains("warning"), "\(cluster.said)")
    }

    @Test func `a key that is not let in, and a server that is not known, are named and never asked about`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let server = try await SSHServer(folder)
        let url = server.url(of: repository)
        func rollback(_ key: String, _ command: String) throws -> Outcome {
            try Program.run(
                Program.skiff, ["rollback", "--repo", url, "--ssh-key", key, "--state-dir", folder.path + "/state"],
                environment: Repository.ada.merging(["GIT_SSH_COMMAND": command]) { $1 })
        }
        let closed = try rollback(server.otherKey, server.command)
        #expect(closed.status == 1)
        #expect(closed.errors.contains("no access to ssh://"), "\(closed.errors)")
        #expect(closed.errors.contains("Permission denied (publickey)"), "\(closed.errors)")
        let unknown = try rollback(server.key, server.strangersCommand)
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("Host key verification failed."), "\(unknown.errors)")
        // A cluster runs on without its repository.
        let cluster = try await up(folder, ["--repo", url, "--ssh-key", server.otherKey], ssh: ["GIT_SSH_COMMAND=\(server.command)"])
        try await eventually("it is said") { cluster.said.contains("warning: no access to ssh://") }
        #expect(try cluster.kubectl("get", "namespaces").status == 0)
    }

    @Test func `without a key ssh is what git's configuration says`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let server = try await SSHServer(folder)
        let settings = [
            "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.sshCommand", "GIT_CONFIG_VALUE_0=\(server.command) -i '\(server.key)'",
        ]
        let cluster = try await up(folder, ["--repo", server.url(of: repository)], ssh: settings)
        try await eventually("it runs") { try cluster.greeting() == "one" }
    }
}
