import Foundation
import Programs
import Testing

/// A bare repository, and a clone of it in which Ada works.
struct Repository {
    let bare: String
    let work: String

    /// Whose commits these are.
    static let ada = [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
    ]

    init(_ folder: Folder) throws {
        bare = folder.path + "/deploy.git"
        work = folder.path + "/work"
        try git("init", "-q", "--bare", "-b", "main", bare, in: folder.path)
        try git("clone", "-q", bare, work, in: folder.path)
        try git("checkout", "-q", "-B", "main")
    }

    @discardableResult
    func git(_ arguments: String..., in directory: String? = nil) throws -> String {
        let path = try #require(Program.find("git"))
        let settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", directory ?? work]
        let outcome = try Program.run(path, settings + arguments)
        #expect(outcome.status == 0, "git \(arguments): \(outcome.errors)")
        return outcome.output
    }

    func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

    func write(_ name: String, _ data: Data) throws {
        let url = URL(fileURLWithPath: "\(work)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }

    /// Has the bare repository run a shell script when something is pushed to it.
    func hook(_ name: String, _ script: String) throws {
        let path = "\(bare)/hooks/\(name)"
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// Commits everything and pushes it to main.
    func push(_ message: String, force: Bool = false) throws {
        try git("add", "-A")
        try git("commit", "-q", "-m", message)
        try git("push", "-q", force ? "--force" : "--no-force", "origin", "HEAD:main")
    }
}

/// Manifests that tests are made of.
enum Manifest {
    static func configMap(_ name: String, _ greeting: String, namespace: String? = nil) -> String {
        let line = namespace.map { "  namespace: \($0)\n" } ?? ""
        return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n\(line)data:\n  greeting: \(greeting)\n"
    }

    /// One called web, of a container that sleeps.
    static func deployment(replicas: Int) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: server, image: host/sleep, args: ["60"]}]}

        """
    }
}

extension Cluster {
    /// The greeting of a ConfigMap; empty when there is none.
    func greeting(_ name: String = "web") throws -> String {
        try kubectl("get", "configmap", name, "--ignore-not-found", "-o", "jsonpath={.data.greeting}").output
    }

    /// A command of skiff on this cluster's state directory, given by Ada.
    @discardableResult
    func skiff(_ arguments: String...) throws -> Outcome {
        try Program.run(Program.skiff, arguments + ["--state-dir", state], environment: Repository.ada)
    }
}
