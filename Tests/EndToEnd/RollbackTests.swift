import Foundation
import Programs
import Testing

/// `skiff rollback`: the reverts it makes, where it puts them, and what it refuses.
@Suite(.serialized, .ownThreads) struct RollbackTests {
    /// Three commits of one ConfigMap: one, two, three.
    private func repository(_ folder: Folder) throws -> Repository {
        let repository = try Repository(folder)
        for greeting in ["one", "two", "three"] {
            try repository.write("apps/web.yaml", Manifest.configMap("web", greeting))
            try repository.write("apps/\(greeting).yaml", Manifest.configMap("extra-\(greeting)", greeting))
            try repository.push("Say \(greeting)")
        }
        return repository
    }

    /// Rolls back without a cluster, by nobody unless the environment says who.
    private func rollback(
        _ arguments: String..., of source: String, in folder: Folder, as environment: [String: String] = Repository.ada
    ) throws -> Outcome {
        let nobody = [
            "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "EMAIL": "",
        ]
        return try Program.run(
            Program.skiff, ["rollback", "--repo", source, "--state-dir", folder.path + "/state"] + arguments,
            environment: nobody.merging(environment) { $1 })
    }

    private func id(_ repository: Repository, _ revision: String) throws -> String {
        String(try repository.git("rev-parse", revision, in: repository.bare).prefix(10))
    }

    @Test func `the cluster goes back by skiff rollback, by a range of it, and by git revert`() async throws {
        let folder = try Folder()
        let repository = try repository(folder)
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--repo", repository.bare, "--path", "apps", "--without", "node,proxy"])
        try await eventually("the newest runs") { try cluster.greeting() == "three" && cluster.greeting("extra-three") == "three" }

        let bad = try id(repository, "main")
        let newest = try cluster.skiff("rollback")
        #expect(newest.status == 0, "\(newest.errors)")
        let made = try id(repository, "main")
        #expect(
            newest.output == """
                undid \(bad) "Say three" by Ada
                  apps/three.yaml
                  apps/web.yaml
                pushed \(made) to main of \(repository.bare), as Ada <ada@example.org>

                """)
        try await eventually("the cluster follows") { try cluster.greeting() == "two" && cluster.greeting("extra-three").isEmpty }
        #expect(
            try repository.git("log", "-1", "--format=%an <%ae> %s", "main", in: repository.bare)
                == "Ada <ada@example.org> Revert \"Say three\"\n")

        // All at once back to the first: what the rollback did and what "Say two" did.
        let several = try cluster.skiff("rollback", "HEAD~3..HEAD", "-o", "json")
        #expect(several.status == 0, "\(several.errors)")
        #expect(several.output.contains("\"subject\":\"Say two\"") && several.output.contains("\"branch\":\"main\""), "\(several.output)")
        try await eventually("the first runs") { try cluster.greeting() == "one" && cluster.greeting("extra-two").isEmpty }
        #expect(try cluster.greeting("extra-one") == "one")

        try repository.git("pull", "-q", "origin", "main")
        try repository.git("revert", "--no-edit", "HEAD")
        try repository.git("push", "-q", "origin", "HEAD:main")
        try await eventually("a revert by hand runs, too") { try cluster.greeting() == "two" }
        let history = try cluster.skiff("history")
        #expect(history.output.contains("synced") && history.output.contains("Revert \"Say three\""), "\(history.output)")
    }

    @Test func `an older commit, and a merge, are undone where nothing later is in the way`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        try repository.git("checkout", "-q", "-b", "feature", "HEAD~1")
        try repository.write("apps/feature.yaml", Manifest.configMap("feature", "new"))
        try repository.git("add", "-A")
        try repository.git("commit", "-q", "-m", "A feature")
        try repository.git("checkout", "-q", "main")
        try repository.git("merge", "-q", "--no-ff", "-m", "Merge the feature", "feature")
        try repository.write("apps/later.yaml", Manifest.configMap("later", "on"))
        try repository.push("Later")
        let merge = try rollback("main~1", of: repository.bare, in: folder)
        #expect(merge.status == 0, "\(merge.errors)")
        #expect(merge.output.contains("\"Merge the feature\" by Ada\n  apps/feature.yaml\npushed "), "\(merge.output)")
        let files = try repository.git("ls-tree", "-r", "--name-only", "main", in: repository.bare)
        #expect(files == "apps/later.yaml\napps/one.yaml\napps/three.yaml\napps/two.yaml\napps/web.yaml\n")
    }

    @Test func `what cannot be undone is refused, says why, and changes nothing`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        let (bare, head) = (repository.bare, try repository.git("rev-parse", "HEAD"))
        let (first, second, third) = (try id(repository, "main~2"), try id(repository, "main~1"), try id(repository, "main"))
        try repository.git("tag", "v1")
        try repository.git("checkout", "-q", "-b", "aside", "HEAD~1")
        try repository.write("apps/aside.yaml", Manifest.configMap("aside", "x"))
        try repository.git("add", "-A")
        try repository.git("commit", "-q", "-m", "Aside")
        try repository.git("push", "-q", "origin", "aside", "v1")
        func refused(_ outcome: Outcome, _ message: String) throws {
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(try repository.git("rev-parse", "main", in: bare) == head)
        }
        try refused(
            rollback(second, of: bare, in: folder),
            "\(second) \"Say two\" cannot be undone by itself, later commits changed the same lines of apps/web.yaml: "
                + "undo those first, or all at once with \(second)~..HEAD")
        try refused(
            rollback(first, of: bare, in: folder), "\(first) \"Say one\" is the first commit: there is nothing before it to go back to")
        try refused(rollback("c0ffee", of: bare, in: folder), "no commit c0ffee is known here")
        try refused(rollback("HEAD..HEAD", of: bare, in: folder), "no commit is in HEAD..HEAD")
        try refused(rollback("--ref", "v1", of: bare, in: folder), "only a branch can be rolled back: choose one with --ref")
        // Its commits are known once the other branch was followed.
        #expect(try rollback("--ref", "aside", "HEAD..HEAD", of: bare, in: folder).status == 1)
        try refused(rollback("--ref", "main", "aside", of: bare, in: folder), "\"Aside\" is no part of main")
        try refused(
            rollback(of: bare, in: folder, as: [:]), "git does not know whose commit it would be: set user.name and user.email")
        var signing = Repository.ada
        for (index, setting) in [("commit.gpgsign", "true"), ("gpg.program", "/bin/false")].enumerated() {
            signing["GIT_CONFIG_KEY_\(index)"] = setting.0
            signing["GIT_CONFIG_VALUE_\(index)"] = setting.1
        }
        signing["GIT_CONFIG_COUNT"] = "2"
        try refused(rollback(of: bare, in: folder, as: signing), "gpg failed to sign the data")
        try repository.hook("pre-receive", "echo 'you may look only, not allowed to push' >&2; exit 1")
        try refused(
            rollback(of: bare, in: folder),
            "no write access to \(bare) (main): pre-receive hook declined; you may look only, not allowed to push; nothing is changed")
        try FileManager.default.removeItem(atPath: "\(bare)/hooks/pre-receive")
        #expect(try rollback(of: bare, in: folder).status == 0)
        let again = try rollback(third, of: bare, in: folder)
        #expect(again.status == 1)
        #expect(again.errors.contains("\(third) \"Say three\" is undone already: nothing of it is left"), "\(again.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/state/source.git")
        #expect(!left.contains { $0.hasPrefix("skiff-rollback") })
    }

    @Test func `the identity of the repository counts where the user has none`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        try repository.git("config", "user.name", "Grace", in: repository.bare)
        try repository.git("config", "user.email", "grace@example.org", in: repository.bare)
        let outcome = try rollback(of: repository.bare, in: folder, as: [:])
        #expect(outcome.output.hasSuffix("as Grace <grace@example.org>\n"), "\(outcome.output)\(outcome.errors)")
    }

    @Test func `where the branch is checked out the revert is put there, unless something of one's own is in the way`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        let web = repository.work + "/apps/web.yaml"
        // Something else of one's own stays as it is.
        try repository.write("apps/one.yaml", "mine\n")
        let done = try rollback(of: repository.work, in: folder)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("on main, checked out in \(repository.work), as Ada"), "\(done.output)")
        #expect(try String(contentsOfFile: web, encoding: .utf8) == Manifest.configMap("web", "two"))
        #expect(try repository.git("status", "--porcelain") == " M apps/one.yaml\n")
        #expect(try repository.git("log", "-1", "--format=%s") == "Revert \"Say three\"\n")
        #expect(try repository.git("for-each-ref", "refs/skiff").isEmpty)

        let head = try repository.git("rev-parse", "HEAD")
        try repository.write("apps/web.yaml", "mine, too\n")
        let refused = try rollback(of: repository.work, in: folder)
        #expect(refused.status == 1)
        #expect(
            refused.errors.contains("apps/web.yaml") && refused.errors.contains("commit or stash what was changed there"),
            "\(refused.errors)")
        #expect(try String(contentsOfFile: web, encoding: .utf8) == "mine, too\n")
        #expect(try repository.git("rev-parse", "HEAD") == head)

        // A bare repository whose branch is checked out in a work tree beside it.
        try repository.git("checkout", "-q", "--", ".")
        try repository.git("push", "-q", "origin", "HEAD:main")
        let linked = folder.path + "/linked"
        try repository.git("worktree", "add", "-q", linked, "main", in: repository.bare)
        let beside = try rollback("HEAD~1", of: repository.bare, in: folder)
        #expect(beside.status == 1, "the newest but one was undone already: \(beside.output)")
        let newest = try rollback(of: linked, in: folder)
        #expect(newest.output.contains("checked out in \(linked)"), "\(newest.output)\(newest.errors)")
        #expect(try String(contentsOfFile: linked + "/apps/web.yaml", encoding: .utf8) == Manifest.configMap("web", "three"))
    }

    @Test func `a filter that needs what is not here is in nobody's way, and lines end as they did`() throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        // As git-crypt and Git LFS are asked for.
        try repository.write(".gitattributes", "*.bin filter=sealed\n")
        for greeting in ["one", "two"] {
            try repository.write("web.yaml", Manifest.configMap("web", greeting).replacing("\n", with: "\r\n"))
            try repository.write("key.bin", greeting)
            try repository.push(greeting)
        }
        var environment = Repository.ada.merging(["GIT_CONFIG_COUNT": "4"]) { $1 }
        for (index, setting) in [
            ("filter.sealed.smudge", "false"), ("filter.sealed.clean", "false"), ("filter.sealed.required", "true"),
            ("core.autocrlf", "true"),
        ].enumerated() {
            environment["GIT_CONFIG_KEY_\(index)"] = setting.0
            environment["GIT_CONFIG_VALUE_\(index)"] = setting.1
        }
        let outcome = try rollback(of: repository.bare, in: folder, as: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try repository.git("diff", "--stat", "main~2", "main", in: repository.bare).isEmpty)
    }

    @Test func `what others push meanwhile stays below the revert`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        // Grace's commit comes in while the revert is on its way.
        try repository.write("apps/grace.yaml", Manifest.configMap("grace", "hello"))
        try repository.git("add", "-A")
        try repository.git("commit", "-q", "-m", "Grace was here")
        try repository.git("push", "-q", "origin", "HEAD:refs/heads/grace")
        try repository.hook(
            "pre-receive",
            """
            test -e meanwhile && exit 0
            touch meanwhile
            unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
            git update-ref refs/heads/main refs/heads/grace
            """)
        let outcome = try rollback(of: repository.bare, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let log = try repository.git("log", "--format=%s", "-3", "main", in: repository.bare)
        #expect(log == "Revert \"Say three\"\nGrace was here\nSay three\n", "hers is not what was to be undone")
    }
}
