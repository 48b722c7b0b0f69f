import Foundation
import Programs
import Testing

/// Where manifests come from: the forms of a repository, how a change of it is noticed, and what happens when it is away.
@Suite(.serialized, .ownThreads) struct SourceTests {
    private static let apiOnly = ["--without", "node,proxy"]

    private func up(_ folder: Folder, _ source: String, _ more: String...) async throws -> Cluster {
        try await Cluster(state: folder.path + "/state", ["--repo", source] + more + Self.apiOnly)
    }

    enum Form: String, CaseIterable { case bare, workTree, linkedWorkTree, packedRefs, fileURL }

    /// Many more changes than looks that are made just in case: only a notice of each brings them all in time.
    @Test(arguments: Form.allCases)
    func `changes of a repository on this machine are noticed, one after the other`(form: Form) async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "begin"))
        try repository.push("Begin")
        var source = repository.bare
        var place = repository.work
        switch form {
        case .workTree: source = repository.work
        case .linkedWorkTree:
            place = folder.path + "/linked tree"
            try repository.git("worktree", "add", "-q", "-b", "linked", place)
            source = place
        case .fileURL: source = "file://" + repository.bare.replacing("deploy", with: "de%70loy")
        case .bare, .packedRefs: break
        }
        let cluster = try await up(folder, source)
        try await eventually("it runs") { try cluster.greeting() == "begin" }
        let clock = ContinuousClock()
        let begin = clock.now
        for step in 1...8 {
            try Manifest.configMap("web", "step-\(step)").write(toFile: place + "/web.yaml", atomically: true, encoding: .utf8)
            try repository.git("commit", "-q", "-a", "-m", "Step \(step)", in: place)
            switch form {
            case .bare, .fileURL: try repository.git("push", "-q", "origin", "HEAD:main")
            case .packedRefs: try pushIntoPackedRefs(repository)
            case .workTree, .linkedWorkTree: break
            }
            try await eventually("step \(step) runs") { try cluster.greeting() == "step-\(step)" }
        }
        #expect(clock.now - begin < .seconds(120), "a look every 30 seconds would have taken twice that")
        // A commit each, and no turn that the own status branch made.
        #expect(cluster.said.split(separator: "\n").filter { $0.hasPrefix("commit ") }.count == 9, "\(cluster.said)")
    }

    @Test func `a change that no notice comes of is seen by the next look`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        for greeting in ["one", "two"] {
            try repository.write("web.yaml", Manifest.configMap("web", greeting))
            try repository.push(greeting)
            try repository.git("clone", "-q", "--bare", repository.bare, "\(folder.path)/\(greeting).git")
        }
        // A link tells nobody that it leads elsewhere.
        let link = folder.path + "/link.git"
        let files = FileManager.default
        try files.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/one.git")
        let cluster = try await up(folder, link)
        try await eventually("the one runs") { try cluster.greeting() == "one" }
        try files.createSymbolicLink(atPath: link + ".new", withDestinationPath: folder.path + "/two.git")
        #expect(rename(link + ".new", link) == 0)
        try await eventually("the other runs") { try cluster.greeting() == "two" }
    }

    /// Moves main by rewriting packed-refs alone, as git does when it packs a ref that it has just written.
    private func pushIntoPackedRefs(_ repository: Repository) throws {
        try repository.git("push", "-q", "origin", "+HEAD:refs/aside/next")
        let new = try repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
        try repository.git("pack-refs", "--all", in: repository.bare)
        let file = repository.bare + "/packed-refs"
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
            $0.hasSuffix(" refs/heads/main") ? "\(new) refs/heads/main" : String($0)
        }
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }

    @Test func `a remote repository is polled; force-pushed, its branch gone or itself away, the last commit stays`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.push("One")
        try repository.write("web.yaml", Manifest.configMap("web", "two"))
        try repository.push("Two")
        var server: GitServer? = try await GitServer(folder)
        let port = server?.port
        let url = try #require(server).url(of: repository)
        var cluster = try await up(folder, url, "--ref", "main", "--interval", "300ms")
        try await eventually("it runs") { try cluster.greeting() == "two" }

        try repository.git("reset", "-q", "--hard", "HEAD~1")
        try repository.write("web.yaml", Manifest.configMap("web", "forced"))
        try repository.push("Forced", force: true)
        try await eventually("what was forced runs") { try cluster.greeting() == "forced" }

        try repository.git("update-ref", "-d", "refs/heads/main", in: repository.bare)
        try await eventually("that the branch is gone is said") { cluster.said.contains("warning: \(url) has no ref main") }
        try repository.write("web.yaml", Manifest.configMap("web", "back"))
        try repository.push("Back")
        try await eventually("the branch is back") { try cluster.greeting() == "back" }
        #expect(cluster.said.contains("warning: \(url) answers again"))

        server = nil
        try await eventually("that it is away is said") { cluster.said.contains("warning: cannot reach \(url)") }
        func status() throws -> String { try cluster.skiff("status").output }
        try await eventually("the status says since when") { try status().contains("source unreachable since 2") }
        let told = try status()
        #expect(told.contains(": cannot reach \(url)"), "\(told)")
        let since = told.split(separator: "\n").first { $0.hasPrefix("source unreachable since") }
        #expect(
            try cluster.kubectl("get", "sync", "default", "-o", "jsonpath={.status.conditions[0].reason}").output == "SourceUnreachable")
        #expect(try cluster.kubectl("delete", "configmap", "web").status == 0)
        try await eventually("the last good commit is kept up") { try cluster.greeting() == "back" }
        // Also by a start that never saw the repository.
        try await cluster.end(SIGTERM)
        cluster = try await up(folder, url, "--ref", "main", "--interval", "300ms")
        #expect(try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", "{\"data\":{\"greeting\":\"x\"}}").status == 0)
        try await eventually("and corrected") { try cluster.greeting() == "back" }
        #expect(try status().split(separator: "\n").first { $0.hasPrefix("source unreachable since") } == since)

        try repository.write("web.yaml", Manifest.configMap("web", "again"))
        try repository.push("Again")
        server = try await GitServer(folder, port: port)
        try await eventually("the new commit runs") { try cluster.greeting() == "again" }
        #expect(server != nil)
        #expect(cluster.said.contains("answers again"))
        #expect(try !status().contains("unreachable"))
    }

    @Test func `a remote that does not answer is asked again soon, however seldom it is looked at`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("Hello")
        let port = try FreePort.take()
        let url = "git://127.0.0.1:\(port)/deploy.git"
        let cluster = try await up(folder, url, "--interval", "1h")
        try await eventually("that it is away is said") { cluster.said.contains("warning: cannot reach \(url)") }
        let server = try await GitServer(folder, port: port)
        #expect(server.url(of: repository) == url)
        try await eventually("it runs") { try cluster.greeting() == "hello" }
    }

    @Test func `a branch, a tag or a commit, and a folder, are followed and remembered`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("prod/web.yaml", Manifest.configMap("web", "first"))
        try repository.write("wrong.yaml", "not: a manifest\n")
        try repository.push("First")
        let commit = try repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
        try repository.git("tag", "-a", "v1", "-m", "Version 1")
        try repository.write("prod/web.yaml", Manifest.configMap("web", "second"))
        try repository.push("Second")
        try repository.git("push", "-q", "origin", "v1")
        try repository.git("checkout", "-q", "-b", "feature/x")
        try repository.write("prod/web.yaml", Manifest.configMap("web", "third"))
        try repository.git("commit", "-q", "-a", "-m", "Third")
        try repository.git("push", "-q", "origin", "feature/x")
        var cluster = try await up(folder, repository.bare, "--path", "./prod/", "--ref", "feature/x")
        try await eventually("the branch runs") { try cluster.greeting() == "third" }
        // What is remembered is used by a look and by the next start.
        #expect(try cluster.skiff("plan", "--detailed-exitcode").status == 0)
        #expect(try cluster.skiff("plan", "--detailed-exitcode", "--ref", "main").status == 2)
        #expect(try cluster.skiff("diff", "--ref", "v1").output.contains("-  greeting: third\n+  greeting: first\n"))
        let none = try cluster.skiff("plan", "--path", "nowhere")
        #expect(none.status == 1 && none.errors.contains("no folder nowhere in this commit: check --path"), "\(none.errors)")
        for (ref, greeting) in [("v1", "first"), ("main", "second"), (commit, "first")] {
            try await cluster.end(SIGTERM)
            cluster = try await up(folder, repository.bare, "--ref", ref)
            try await eventually("\(ref) runs") {
                try cluster.greeting() == greeting && cluster.skiff("status").output.contains("synced    yes")
            }
        }
        try await cluster.end(SIGTERM)
        cluster = try await Cluster(state: folder.path + "/state", Self.apiOnly)
        #expect(try cluster.skiff("status").output.contains("source    \(repository.bare) \(commit) prod"))
    }

    @Test func `the remote's HEAD is followed wherever it goes`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let (bare, work) = (repository.bare, repository.work)
        func push(_ greeting: String, to branch: String) throws {
            try repository.write("web.yaml", Manifest.configMap("web", greeting))
            try repository.git("add", "-A")
            try repository.git("commit", "-q", "-m", greeting)
            try repository.git("push", "-q", "origin", "HEAD:\(branch)")
        }
        try push("begin", to: "main")
        let cluster = try await up(folder, bare)
        try await eventually("it runs") { try cluster.greeting() == "begin" }
        // Renamed, as those who call it otherwise now do.
        try repository.git("branch", "-m", "main", "trunk", in: bare)
        try push("renamed", to: "trunk")
        try await eventually("the renamed branch is followed") { try cluster.greeting() == "renamed" }
        let rollback = try cluster.skiff("rollback")
        #expect(rollback.output.contains(" to trunk of "), "\(rollback)")
        try await eventually("it is rolled back") { try cluster.greeting() == "begin" }
        // HEAD is another branch's, or that of a branch that is not there.
        try push("release", to: "release")
        try repository.git("symbolic-ref", "HEAD", "refs/heads/release", in: bare)
        try await eventually("the other branch is followed") { try cluster.greeting() == "release" }
        try repository.git("symbolic-ref", "HEAD", "refs/heads/nowhere", in: bare)
        try await eventually("what is not there is named") { cluster.said.contains("there is release, trunk") }
        #expect(try cluster.greeting() == "release")
        try await cluster.end(SIGTERM)

        // In a work tree on no branch what is checked out runs, and there is none to roll back.
        let other = try await Cluster(state: folder.path + "/other", ["--repo", work] + Self.apiOnly)
        try await eventually("it runs") { try other.greeting() == "release" }
        for (revision, greeting) in [("HEAD~1", "renamed"), ("HEAD~1", "begin")] {
            try repository.git("checkout", "-q", "--detach", revision)
            try await eventually("\(greeting) runs") { try other.greeting() == greeting }
        }
        let refused = try other.skiff("rollback")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("\(work): only a branch can be rolled back: choose one with --ref"), "\(refused.errors)")
    }

    @Test func `what a clone without its history has runs, and is followed`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        for greeting in ["one", "two"] {
            try repository.write("web.yaml", Manifest.configMap("web", greeting))
            try repository.push(greeting)
        }
        // As CI checks out.
        let shallow = folder.path + "/shallow"
        try repository.git("clone", "-q", "--depth", "1", "file://" + repository.bare, shallow)
        let cluster = try await up(folder, shallow)
        try await eventually("it runs") { try cluster.greeting() == "two" }
        try Manifest.configMap("web", "three").write(toFile: shallow + "/web.yaml", atomically: true, encoding: .utf8)
        try repository.git("commit", "-q", "-a", "-m", "Three", in: shallow)
        try await eventually("a commit is noticed") { try cluster.greeting() == "three" }
        #expect(try cluster.kubectl("delete", "configmap", "web", "--wait=false").status == 0)
        try await eventually("drift is explained as far as it can be") { cluster.said.contains("corrected: ConfigMap default/web") }
        let rollback = try cluster.skiff("rollback")
        #expect(rollback.status == 0, "\(rollback.errors)")
        try await eventually("it is rolled back") { try cluster.greeting() == "two" }
        let first = try cluster.skiff("rollback", "HEAD~2")
        #expect(first.status == 1 && first.errors.contains("is not in this shallow clone: git fetch --unshallow there"), "\(first)")
    }

    @Test func `one pass may be made by the repository's own hook after a push`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let state = folder.path + "/state"
        let cluster = try await Cluster(state: state)
        try repository.hook(
            "post-receive",
            "while read old new ref; do [ $ref = refs/heads/main ] || exit 0; done; "
                + "exec '\(Program.skiff)' reconcile --repo '\(repository.bare)' --state-dir '\(state)' > '\(folder.path)/pass' 2>&1")
        for greeting in ["one", "two"] {
            try repository.write("web.yaml", Manifest.configMap("web", greeting))
            try repository.push(greeting)
            let said = try String(contentsOfFile: folder.path + "/pass", encoding: .utf8)
            #expect(try cluster.greeting() == greeting, "\(said)")
        }
    }
}
