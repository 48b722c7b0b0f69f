import Foundation
import Programs
import Testing

/// Repositories with odd files in them, copies that are damaged, and a git that is missing or hangs.
@Suite(.serialized, .ownThreads) struct BadRepositoryTests {
    private static let loop = ["--without", "node,proxy"]

    @Test func `files of any name and dress are read; links, submodules and what is too large are not`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let names = [
            "quote": "it's \"quoted\".yaml", "newline": "new\nline.yaml", "utf8": "naïve-日本語.yaml", "escape": "esc\u{1B}[31mred.yaml",
            "dash": "-dash.yaml", "upper": "Case.yaml", "lower": "case.yaml", "space": " lead trail .yaml", "folder": "dir.yaml/x.yaml",
            "composed": "caf\u{e9}.yaml", "decomposed": "cafe\u{301}.yaml",
        ]
        for (name, file) in names { try repository.write(file, Manifest.configMap(name, "hello")) }
        try repository.write("crlf.yaml", Manifest.configMap("crlf", "hello").replacing("\n", with: "\r\n"))
        try repository.write("bom.yaml", "\u{FEFF}" + Manifest.configMap("bom", "hello"))
        try repository.write(
            "bom.json", "\u{FEFF}{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"bom-json\"}}")
        for (file, text) in [("empty.yaml", ""), ("none.yaml", "---\n---\n"), ("comment.yaml", "# nothing\n")] {
            try repository.write(file, text)
        }
        try FileManager.default.createSymbolicLink(atPath: "\(repository.work)/link.yaml", withDestinationPath: "/etc/passwd")
        try FileManager.default.createSymbolicLink(atPath: "\(repository.work)/loop", withDestinationPath: ".")
        try latinNames(repository)
        try repository.push("Odd")
        try repository.git("update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "1", count: 40)),module.yaml")
        try repository.git("commit", "-q", "-m", "A submodule \u{1B}[31m in red")
        try repository.git("push", "-q", "origin", "HEAD:main")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.loop)
        let expected = (Array(names.keys) + ["crlf", "bom", "bom-json", "latin-e8", "latin-e9"]).map { "configmap/\($0)" }.sorted()
        try await eventually("all are applied") { cluster.said.contains("in sync") }
        let found = try cluster.kubectl("get", "configmaps", "-o", "name").output.split(separator: "\n").map(String.init)
        #expect(found.filter { $0 != "configmap/kube-root-ca.crt" }.sorted() == expected)
        #expect(!cluster.said.unicodeScalars.contains("\u{1B}"), "what comes from git does not command the terminal")
        let validate = try Program.run(Program.skiff, ["validate", repository.work])
        #expect(validate.status == 0, "\(validate.output)")

        // What looks like its neighbour is changed and removed by itself.
        try repository.write("cafe\u{301}.yaml", Manifest.configMap("decomposed", "cafe\u{301}"))
        try repository.push("One é")
        try await eventually("it is changed") { try cluster.greeting("decomposed") == "café" }
        try repository.git("rm", "-q", "caf\u{e9}.yaml")
        try repository.write("cafe\u{301}.yaml", Manifest.configMap("decomposed", "caf\u{e9}"))
        try repository.push("Another é")
        try await eventually("it is changed, though it looks the same, and its neighbour gone") {
            try cluster.greeting("composed").isEmpty && cluster.greeting("decomposed").utf8.elementsEqual("caf\u{e9}".utf8)
        }

        try repository.write("huge.yaml", Data(repeating: 0x20, count: 100 << 20))
        try repository.push("Huge")
        try await eventually("the size is told") {
            cluster.said.contains("huge.yaml:1:1: 104857600 bytes, more than the 67108864 a manifest may have")
        }
        #expect(try cluster.greeting("quote") == "hello")
    }

    /// Two files whose names are no UTF-8 and differ in that alone.
    private func latinNames(_ repository: Repository) throws {
        for byte in ["e8", "e9"] {
            let file = try repository.write(".", byte: byte, Manifest.configMap("latin-\(byte)", "hello"))
            #expect(file == 0)
        }
    }

    /// How the copy of the repository in the state directory may be found.
    enum Damage: String, CaseIterable { case empty, garbage, locked, head, config, gone }

    @Test func `a copy that is damaged or left locked is made anew`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let state = folder.path + "/state"
        let copy = state + "/source.git"
        for (step, damage) in Damage.allCases.enumerated() {
            try repository.write("web.yaml", Manifest.configMap("web", "before-\(step)"))
            try repository.push("Before \(damage)")
            let cluster = try await Cluster(state: state, ["--repo", repository.bare] + Self.loop)
            try await eventually("it runs") { try cluster.greeting() == "before-\(step)" }
            try await cluster.end(SIGKILL)
            try harm(copy, damage)
            try repository.write("web.yaml", Manifest.configMap("web", "after-\(step)"))
            try repository.push("After \(damage)")
            let next = try await Cluster(state: state, ["--repo", repository.bare] + Self.loop)
            try await eventually("it runs after \(damage)") { try next.greeting() == "after-\(step)" }
            try await next.end(SIGTERM)
        }
    }

    @Test func `a copy that is removed under a cluster that runs is made anew`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "step-0"))
        try repository.push("Step 0")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.loop)
        for step in 1...3 {
            let head = try repository.git("rev-parse", "HEAD").prefix(10)
            try await eventually("the status branch tells of it") {
                let listed = try repository.git("for-each-ref", "refs/heads/skiff", in: repository.bare)
                return try !listed.isEmpty
                    && repository.git("log", "-1", "--format=%s", "skiff/status/default", in: repository.bare).contains("\(head) in sync")
            }
            // At once, whatever is being written there.
            #expect(rename(cluster.state + "/source.git", "\(folder.path)/removed-\(step)") == 0)
            try repository.write("web.yaml", Manifest.configMap("web", "step-\(step)"))
            try repository.push("Step \(step)")
            try await eventually("step \(step) runs") { try cluster.greeting() == "step-\(step)" }
        }
        #expect(!cluster.said.contains("warning"), "\(cluster.said)")
    }

    private func harm(_ copy: String, _ damage: Damage) throws {
        let files = FileManager.default
        switch damage {
        case .empty, .garbage:
            for name in try files.subpathsOfDirectory(atPath: copy + "/objects") {
                let path = "\(copy)/objects/\(name)"
                guard try files.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeRegular else { continue }
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                try Data((damage == .empty ? "" : "hello world\n").utf8).write(to: URL(fileURLWithPath: path))
            }
        case .locked:
            let remotes = try files.contentsOfDirectory(atPath: copy + "/refs/remotes").map { "refs/remotes/\($0)/main.lock" }
            for name in remotes + ["packed-refs.lock"] {
                try Data().write(to: URL(fileURLWithPath: "\(copy)/\(name)"))
            }
        case .head: try Data().write(to: URL(fileURLWithPath: copy + "/HEAD"))
        case .config: try Data("[[[".utf8).write(to: URL(fileURLWithPath: copy + "/config"))
        case .gone:
            try files.removeItem(atPath: copy)
            try files.createDirectory(atPath: copy, withIntermediateDirectories: false)
        }
    }

    @Test func `what is no repository that can be read is named for what it is`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("apps/web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("Hello")
        _ = try folder.write("none/README.md", "hello")
        try repository.git("init", "-q", "--object-format=sha256", folder.path + "/long")
        try repository.git("commit", "-q", "--allow-empty", "-m", "Long", in: folder.path + "/long")
        for (path, told) in [
            (
                repository.work + "/apps",
                "cannot reach \(repository.work)/apps: no git repository, but a folder of one: --repo \(repository.work) --path apps"
            ),
            (folder.path + "/none", "cannot reach \(folder.path)/none: no git repository"),
            (folder.path + "/long", "mismatched algorithms: client sha1; server sha256; it names objects by SHA-256"),
        ] {
            let rollback = try Program.run(Program.skiff, ["rollback", "--repo", path, "--state-dir", folder.path + "/state"])
            #expect(rollback.status == 1 && rollback.errors.contains(told), "\(rollback.errors)")
        }
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.work + "/apps"] + Self.loop)
        try await eventually("it is told, too") { cluster.said.contains("no git repository, but a folder of one") }
    }

    @Test func `without git up says so and the cluster runs; a git that hangs does not hold up stopping`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("Hello")
        let programs = folder.path + "/bin"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        let flags = ["--repo", repository.bare] + Self.loop
        let without = try await Cluster(state: folder.path + "/state", flags, launcher: ["env", "PATH=\(programs)"])
        try await eventually("what is missing is named") { without.said.contains("cannot run git: No such file or directory") }
        #expect(try without.kubectl("get", "namespaces").status == 0)
        #expect(try await without.end(SIGTERM) == 0)

        let started = folder.path + "/started"
        let fake = try folder.write("bin/git", "#!/bin/sh\n: > \(started)\nexec /bin/sleep 1000\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fake)
        let hanging = try await Cluster(state: folder.path + "/state", flags, launcher: ["env", "PATH=\(programs)"])
        try await eventually("git hangs") { FileManager.default.fileExists(atPath: started) }
        #expect(try hanging.kubectl("get", "namespaces").status == 0)
        let clock = ContinuousClock()
        let begin = clock.now
        #expect(try await hanging.end(SIGINT) == 0)
        #expect(clock.now - begin < .seconds(45), "sooner than git's own deadline")
    }
}

extension Repository {
    /// Writes a file called `caf<byte>.yaml`, a name that is no UTF-8 and that Foundation therefore cannot write.
    fileprivate func write(_ folder: String, byte: String, _ text: String) throws -> Int32 {
        let script = "cat > \"$1/caf$(printf '\\\\x\(byte)').yaml\""
        return try Program.run(try #require(Program.find("bash")), ["-c", script, "bash", "\(work)/\(folder)"], input: text).status
    }
}
