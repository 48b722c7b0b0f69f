import ClusterClient
import ClusterObjects
import Foundation
import Programs
import Testing

/// State directories that are full, closed, damaged or oddly named.
@Suite(.serialized, .ownThreads) struct BadStateTests {
    private static let alone = ["--without", "controllers,scheduler,node,proxy,reconciler"]
    private static let configMaps = GroupVersionResource("", "v1", "configmaps")

    private func map(_ name: String, bytes: Int) -> Value {
        ["metadata": ["name": .string(name)], "data": ["text": .string(String(repeating: name, count: bytes / name.utf8.count))]]
    }

    /// Skiff where this folder is a small file system of its own, seen by it alone.
    private func launcher(_ folder: String, _ options: String) -> [String] {
        [
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
            "mount -t tmpfs -o \(options) tmpfs '\(folder)' && exec \"$0\" \"$@\"",
        ]
    }

    @Test func `on a full disk writes fail in words and reads go on, until there is space again`() async throws {
        let folder = try Folder()
        let small = folder.path + "/small"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
        let tokens = try folder.write("tokens.csv", "full-test,tester,1,\"system:masters\"\n")
        let cluster = try await Cluster(
            state: small, Self.alone + ["--token-auth-file", tokens], launcher: launcher(small, "size=4m"))
        let client = try RemoteClient(Kubeconfig(server: cluster.address, token: "full-test", insecure: true))
        // That file system, as this process sees it.
        let ballast = "/proc/\(cluster.pid)/root\(small)/ballast"
        _ = try await client.create(Self.configMaps, namespace: "default", map("first", bytes: 1000))
        #expect(throws: (any Error).self) { try Data(count: 8 << 20).write(to: URL(fileURLWithPath: ballast)) }
        _ = FileManager.default.createFile(atPath: ballast, contents: nil)
        let filler = try #require(FileHandle(forWritingAtPath: ballast))
        for size in [65536, 4096] { while (try? filler.write(contentsOf: Data(count: size))) != nil {} }
        try filler.close()

        var kept = ["first"]
        var refused = ""
        for number in 0..<40 where refused.isEmpty {
            do {
                _ = try await client.create(Self.configMaps, namespace: "default", map("n\(number)", bytes: 100_000))
                kept.append("n\(number)")
            } catch { refused = "\(error)" }
        }
        #expect(refused.contains("no space left for \(small)/store/store.db: free some on its disk"), "\(refused)")
        let names = try await client.list(Self.configMaps, namespace: "default").items.map(\.name)
        #expect(names.sorted() == kept.sorted(), "reads go on, and show nothing that was refused")
        #expect(cluster.said.components(separatedBy: "writes fail; reads go on").count == 2, "said once: \(cluster.said)")

        try FileManager.default.removeItem(atPath: ballast)
        try await eventually("writing goes again") {
            (try? await client.create(Self.configMaps, namespace: "default", map("later", bytes: 1000))) != nil
        }
        #expect(cluster.said.contains("writes go to disk again"))
        #expect(try await cluster.end(SIGTERM) == 0)
    }

    @Test(arguments: [
        ("size=4k", "no space left"), ("size=4m,ro", "Read-only file system; name another with --state-dir"),
    ])
    func `where the state directory takes nothing, up says what and ends`(options: String, told: String) async throws {
        let folder = try Folder()
        let line = launcher(folder.path, options) + [Program.skiff, "up", "--state-dir", folder.path + "/state", "--listen", "127.0.0.1:0"]
        let outcome = try Program.run(try #require(Program.find(line[0])), Array(line.dropFirst()))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(folder.path + "/state") && outcome.errors.contains(told), "\(outcome.errors)")
    }

    @Test func `a folder that others use is not closed to them`() async throws {
        let folder = try Folder()
        _ = try folder.write("theirs", "hello")
        chmod(folder.path, 0o755)
        for flags in [["up", "--listen", "127.0.0.1:0"] + Self.alone, ["reconcile", "--repo", folder.path + "/none"]] {
            let outcome = try Program.run(Program.skiff, flags + ["--state-dir", folder.path])
            #expect(outcome.status == 1)
            #expect(
                outcome.errors.contains(
                    "the state directory \(folder.path) is open to others and holds other things, which would be closed to them; "
                        + "name another with --state-dir"), "\(outcome.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["theirs"])
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder.path) == 0o755)
        // One that is empty, or is not there yet, is made its owner's alone.
        for (name, isThere) in [("empty", true), ("none/yet", false), ("asked", false)] {
            let path = "\(folder.path)/\(name)"
            if isThere { #expect(mkdir(path, 0o755) == 0) }
            if name == "asked" {
                #expect(try Program.run(Program.skiff, ["rollback", "--repo", "git://127.0.0.1:1/none", "--state-dir", path]).status == 1)
                #expect(try mode(path) == 0o700)
            }
            try await Cluster(state: path, Self.alone).end(SIGTERM)
            #expect(try mode(path) == 0o700)
        }
    }

    @Test func `what this user may not do is said with the remedy`() throws {
        let folder = try Folder()
        let unshare = try #require(Program.find("unshare"))
        // Root of a user namespace of its own may not take low ports of the host's network.
        let port = try Program.run(
            unshare,
            ["--user", "--map-root-user", Program.skiff, "up", "--state-dir", folder.path + "/state", "--listen", "127.0.0.1:1"]
                + Self.alone)
        #expect(port.status == 1)
        #expect(port.errors.contains("cannot listen on 127.0.0.1:1: not allowed for this user; ports from 1024 on are"), "\(port.errors)")
        let closed = try Program.run(
            unshare, ["--user", Program.skiff, "up", "--state-dir", "/proc/skiff", "--listen", "127.0.0.1:0"] + Self.alone)
        #expect(closed.status == 1)
        #expect(closed.errors.contains("the state directory /proc/skiff cannot be made"), "\(closed.errors)")
    }

    @Test(arguments: ["cut short", "another program's", "no database"])
    func `a database that is not one any more is named, and left as it is`(damage: String) async throws {
        let folder = try Folder()
        let state = folder.path + "/state"
        let first = try await Cluster(state: state, Self.alone)
        for number in 0..<20 {
            try first.kubectl("create", "configmap", "m\(number)", "--from-literal=a=\(String(repeating: "b", count: 2000))")
        }
        try await first.end(SIGTERM)
        let path = "\(state)/store/store.db"
        for companion in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + companion) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch damage {
        case "cut short": bytes = bytes.prefix(bytes.count / 2 / 4096 * 4096)
        case "another program's": bytes = Data("GIF89a".utf8) + Data(count: 4096)
        default: bytes = Data("hello\n".utf8)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        let outcome = try Program.run(Program.skiff, ["up", "--state-dir", state, "--listen", "127.0.0.1:0"] + Self.alone)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("\(path) is damaged: ") && outcome.errors.contains("skiff restore"), "\(outcome.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    @Test func `a state directory may have a long and odd name`() async throws {
        let folder = try Folder()
        let long = String(repeating: "long ", count: 30) + "it's \"é\""
        let state = "\(folder.path)/\(long)/\(long)/state"
        let cluster = try await Cluster(state: state, [], in: folder)
        #expect(cluster.said.contains("export KUBECONFIG='"))
        try await eventually("a pod may be made") {
            try cluster.kubectl("run", "web", "--image=host/sh", "--restart=Never", "--", "-c", "echo hello; exec sleep 1000").status == 0
        }
        try await eventually("its pod runs") {
            try cluster.kubectl("get", "pod", "web", "-o", "jsonpath={.status.phase}").output == "Running"
        }
        try await eventually("its log is there") { try cluster.kubectl("logs", "web").output == "hello\n" }
        #expect(try cluster.skiff("down").status == 0)
    }

    @Test func `started with nothing to read from or write to, it writes into nothing else`() async throws {
        let folder = try Folder()
        let state = folder.path + "/state"
        let line = [Program.skiff, "up", "--state-dir", state, "--listen", "127.0.0.1:0"] + Self.alone
        let cluster = try Background(try #require(Program.find("bash")), ["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"] + line)
        try await eventually("it runs") { FileManager.default.fileExists(atPath: state + "/kubeconfig") }
        for file in 0...2 {
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(cluster.pid)/fd/\(file)") == "/dev/null")
        }
    }

    @Test func `a cluster goes on when nobody takes what it says`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("Hello")
        // Three lines, then the pipe is closed.
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--without", "node,proxy", "--repo", repository.bare],
            launcher: ["bash", "-c", "exec \"$0\" \"$@\" > >(exec head -n 3)"])
        try await eventually("the commit runs") { try cluster.greeting() == "hello" }
        try repository.write("web.yaml", Manifest.configMap("web", "still here"))
        try repository.push("Still")
        try await eventually("the next one, too") { try cluster.greeting() == "still here" }
        #expect(try await cluster.end(SIGTERM) == 0)
    }
}
