import Foundation
import Testing

/// What a cluster commits back to its repository.
@Suite(.serialized, .ownThreads) struct StatusBranchTests {
    private static let apiOnly = ["--without", "node,proxy"]

    private func commits(_ repository: Repository, _ cluster: String = "default") throws -> [String] {
        let listed = try repository.git("for-each-ref", "refs/heads/skiff/status/\(cluster)", in: repository.bare)
        guard !listed.isEmpty else { return [] }
        return try repository.git("log", "--format=%s", "skiff/status/\(cluster)", in: repository.bare)
            .split(separator: "\n").map(String.init)
    }

    private func show(_ repository: Repository, _ file: String, _ cluster: String = "default") throws -> String {
        try repository.git("show", "skiff/status/\(cluster):\(file)", in: repository.bare)
    }

    private func short(_ repository: Repository) throws -> String { String(try repository.git("rev-parse", "HEAD").prefix(10)) }

    @Test func `an orphan branch has five files and one commit for every synced revision, none when nothing changed`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        // What is not on top of what is there is never taken.
        try repository.git("config", "receive.denyNonFastForwards", "true", in: repository.bare)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let state = folder.path + "/state"
        let cluster = try await Cluster(state: state, ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the first commit's status is there") { try commits(repository).count == 1 }
        let first = try short(repository)
        #expect(try commits(repository) == ["default: \(first) in sync"])
        let files = try repository.git("ls-tree", "-r", "--name-only", "skiff/status/default", in: repository.bare)
        #expect(files == "drift.json\ndrift.md\nhistory.json\nstatus.json\nstatus.md\n")
        #expect(try show(repository, "status.md").contains("In sync with `\(first)`, 1 objects, 1 healthy, 0 drifted."))
        #expect(try show(repository, "status.json").contains("\"synced\":true"))
        #expect(try show(repository, "drift.md") == "# Drift of default\n\nNone.\n")
        #expect(try show(repository, "drift.json").contains("\"drift\":[]"))
        #expect(try show(repository, "history.json").contains("\"subject\":\"One\""))
        #expect(
            try repository.git("log", "-1", "--format=%an <%ae>%P", "skiff/status/default", in: repository.bare)
                == "skiff <skiff@default>\n", "an orphan")

        try repository.write("web.yaml", Manifest.configMap("web", "two"))
        try repository.push("Two")
        let second = try short(repository)
        try await eventually("the second commit's is there") { try commits(repository).first == "default: \(second) in sync" }
        try repository.write("web.yaml", "kind: ConfigMap\n")
        try repository.push("Broken")
        let third = try short(repository)
        try await eventually("that it does not load is there") { try commits(repository).first == "default: \(third) not in sync" }
        #expect(try show(repository, "status.md").contains("**Not in sync**; running `\(second)`"))
        #expect(try show(repository, "status.md").contains("- web.yaml:1:1: no apiVersion"))
        try repository.write("web.yaml", Manifest.configMap("web", "two"))
        try repository.push("Mended")
        let fourth = try short(repository)
        try await eventually("that it loads again is there") { try commits(repository).first == "default: \(fourth) in sync" }
        let all = [
            "default: \(fourth) in sync", "default: \(third) not in sync", "default: \(second) in sync", "default: \(first) in sync",
        ]
        #expect(try commits(repository) == all)
        // Our own pushes are no change of the source.
        #expect(cluster.said.split(separator: "\n").filter { $0.hasPrefix("commit ") && !$0.contains("is not in sync") }.count == 4)

        // Nothing new: a pass, a restart and another pass commit nothing.
        #expect(try cluster.skiff("reconcile").status == 0)
        try await cluster.end(SIGTERM)
        let again = try await Cluster(state: state, ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("it runs again") { try again.skiff("status").output.contains("synced    yes") }
        #expect(try again.skiff("reconcile").status == 0)
        #expect(try commits(repository) == all)
    }

    @Test func `drift is committed, at most once a minute`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare, "--drift", "report"] + Self.apiOnly)
        try await eventually("the first commit's status is there") { try commits(repository).count == 1 }
        var count = 0
        try await eventually("the drift is committed") {
            count += 1
            if count > 4 { return try commits(repository).count > 1 }
            let patch = "{\"data\":{\"greeting\":\"drift-\(count)\"}}"
            #expect(try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", patch).status == 0)
            return try commits(repository).count > 1
        }
        #expect(count > 1, "it drifted more often than it was committed")
        #expect(try commits(repository).first?.hasSuffix("in sync, 1 drifted") == true)
        #expect(try show(repository, "drift.md").contains("| ConfigMap default/web | data.greeting | `\"one\"` | `\"drift-"))
        #expect(try show(repository, "drift.json").contains("\"manager\":\"kubectl-patch\""))
        let times = try repository.git("log", "--format=%ct", "skiff/status/default", in: repository.bare)
            .split(separator: "\n").compactMap { Int($0) }
        #expect(times.count == 2 && times[0] - times[1] >= 50, "\(times)")
    }

    @Test func `two clusters on one repository leave each other's branch alone`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        for cluster in ["home", "shop"] {
            try repository.write("\(cluster)/web.yaml", Manifest.configMap("web", cluster))
        }
        try repository.push("Both")
        var clusters: [Cluster] = []
        for name in ["home", "shop"] {
            clusters.append(
                try await Cluster(
                    state: "\(folder.path)/\(name)", ["--repo", repository.bare, "--cluster", name, "--path", name] + Self.apiOnly))
        }
        for (greeting, cluster) in zip(["home", "shop"], clusters) {
            try await eventually("\(greeting) runs") { try cluster.greeting() == greeting }
        }
        for step in 1...2 {
            try repository.write("home/web.yaml", Manifest.configMap("web", "home-\(step)"))
            try repository.push("Home \(step)")
            let head = try short(repository)
            for name in ["home", "shop"] {
                try await eventually("\(name) has told of it") { try commits(repository, name).first == "\(name): \(head) in sync" }
            }
        }
        for name in ["home", "shop"] {
            #expect(try commits(repository, name).allSatisfy { $0.hasPrefix("\(name): ") })
            #expect(try show(repository, "status.md", name).hasPrefix("# Cluster \(name)\n"))
            #expect(try show(repository, "history.json", name).contains(name == "home" ? "configured" : "\"changes\":[]"))
        }
        #expect(!clusters.contains { $0.said.contains("warning") }, "\(clusters.map(\.said))")
    }

    @Test func `a push that comes too late is fetched and tried again on top, never by force`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.git("config", "receive.denyNonFastForwards", "true", in: repository.bare)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the first commit's status is there") { try commits(repository).count == 1 }
        let notes = folder.path + "/notes"
        try repository.git("clone", "-q", "-b", "skiff/status/default", repository.bare, notes)
        try "mine\n".write(toFile: notes + "/note.md", atomically: true, encoding: .utf8)
        try repository.git("add", "-A", in: notes)
        try repository.git("commit", "-q", "-m", "A note", in: notes)
        try repository.git("push", "-q", in: notes)
        try repository.write("web.yaml", Manifest.configMap("web", "two"))
        try repository.push("Two")
        try await eventually("the second commit's status is there") { try commits(repository).count == 3 }
        #expect(try commits(repository)[1] == "A note")
        #expect(!cluster.said.contains("warning"), "\(cluster.said)")

        // A branch that somebody deleted comes back.
        try repository.git("update-ref", "-d", "refs/heads/skiff/status/default", in: repository.bare)
        try repository.write("web.yaml", Manifest.configMap("web", "three"))
        try repository.push("Three")
        let head = try short(repository)
        try await eventually("it is there again") { try commits(repository).first == "default: \(head) in sync" }
    }

    @Test func `without write access all else works, and one warning says so`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        let server = try await GitServer(folder)
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--repo", server.url(of: repository), "--interval", "1s"] + Self.apiOnly)
        for greeting in ["one", "two", "three"] {
            if greeting != "one" {
                try repository.write("web.yaml", Manifest.configMap("web", greeting))
                try repository.push(greeting)
            }
            let head = try short(repository)
            try await eventually("\(greeting) runs") {
                try cluster.greeting() == greeting && cluster.said.contains("in sync with \(head)")
            }
        }
        #expect(try cluster.kubectl("delete", "configmap", "web", "--wait=false").status == 0)
        try await eventually("drift is put right") { try cluster.greeting() == "three" && cluster.said.contains("corrected: ConfigMap") }
        try await eventually("the warning is there") { cluster.said.contains("warning") }
        let warnings = cluster.said.split(separator: "\n").filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 1, "\(warnings)")
        #expect(
            warnings.first?.hasPrefix("warning: status is not committed back: no write access to \(server.url(of: repository))") == true,
            "\(warnings)")
        #expect(try commits(repository).isEmpty)
        let status = try cluster.skiff("status")
        #expect(status.status == 0 && status.output.contains("synced    yes"))
    }
}
