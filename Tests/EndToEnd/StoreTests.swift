import ClusterAPI
import ClusterClient
import ClusterObjects
import Foundation
import Programs
import Synchronization
import Testing

/// What the store promises, kept by the built binary however it ends.
@Suite(.serialized, .ownThreads) struct StoreTests {
    private static let alone = ["--without", "controllers,scheduler,node,proxy,reconciler"]
    private static let configMaps = GroupVersionResource("", "v1", "configmaps")

    /// How often the server is killed: `SKIFF_KILLS`, or what takes about a minute.
    private static var kills: Int {
        if let text = ProcessInfo.processInfo.environment["SKIFF_KILLS"], let count = Int(text) { return count }
        #if DEBUG
            return 40
        #else
            return 200
        #endif
    }

    /// One who writes: makes ConfigMaps, and in between changes one of its own; remembers what it was told is done.
    private struct Writer: Sendable {
        let name: String
        var step = 0
        /// Steps whose creation, or change, was acknowledged.
        var created: [Int] = []
        var changed = 0
        /// The newest change that was sent.
        var sent = 0

        init(_ name: String) { self.name = name }

        /// Text that is right only as a whole.
        static func body(_ name: String, _ step: Int) -> Value {
            let text = String(repeating: "\(step).", count: 300)
            return ["metadata": ["name": .string(name)], "data": ["step": .string("\(step)"), "text": .string(text)]]
        }

        /// The step that an object was written in; nil when it is not as anybody wrote it.
        static func step(_ object: APIObject) -> Int? {
            let data = object.tree["data"]
            guard let step = data?["step"]?.string.flatMap({ Int($0) }) else { return nil }
            return data?["text"]?.string == String(repeating: "\(step).", count: 300) ? step : nil
        }

        /// Writes until the server is gone.
        mutating func run(_ client: any Client) async {
            while true {
                step += 1
                do {
                    if step.isMultiple(of: 3) {
                        _ = try await client.create(configMaps, namespace: "default", Self.body("\(name)-\(step)", step))
                        created.append(step)
                    } else {
                        sent = step
                        _ = try await client.update(
                            configMaps, namespace: "default", name: name, subresource: nil, object: Self.body(name, step),
                            options: WriteOptions())
                        changed = step
                    }
                } catch { return }
            }
        }
    }

    private func client(_ cluster: Cluster) throws -> RemoteClient {
        try RemoteClient(Kubeconfig(server: cluster.address, token: "store-test", insecure: true))
    }

    private func tokens(_ folder: Folder) throws -> String {
        try folder.write("tokens.csv", "store-test,tester,1,\"system:masters\"\n")
    }

    @Test func `kills under load lose no acknowledged write and leave none half done`() async throws {
        let folder = try Folder()
        let flags = Self.alone + ["--token-auth-file", try tokens(folder)]
        let state = folder.path + "/state"
        var writers = (0..<4).map { Writer("w\($0)") }
        for round in 0...Self.kills {
            let cluster = try await Cluster(state: state, flags)
            let client = try client(cluster)
            for writer in writers {
                if round == 0 {
                    _ = try await client.create(Self.configMaps, namespace: "default", Writer.body(writer.name, 0))
                    continue
                }
                let found = try await client.get(Self.configMaps, namespace: "default", name: writer.name)
                let step = try #require(Writer.step(found), "half a write: \(found.tree.bytes.count) bytes")
                #expect(writer.changed...writer.sent ~= step, "round \(round): \(writer.name)")
                if let last = writer.created.last {
                    _ = try await client.get(Self.configMaps, namespace: "default", name: "\(writer.name)-\(last)")
                }
            }
            if round == Self.kills {
                try await checkAll(writers, client)
                try await cluster.end(SIGTERM)
                break
            }
            try await withThrowingTaskGroup(of: Writer.self) { group in
                for writer in writers {
                    group.addTask {
                        var writer = writer
                        await writer.run(client)
                        return writer
                    }
                }
                try await Task.sleep(for: .milliseconds(.random(in: 5...100)))
                try await cluster.end(SIGKILL)
                writers = try await group.reduce(into: []) { $0.append($1) }.sorted { $0.name < $1.name }
            }
        }
        #expect(writers.allSatisfy { $0.step > Self.kills }, "there was load: \(writers.map(\.step))")
        #expect(try Program.run(Program.skiff, ["check", "--state-dir", state]).status == 0)
    }

    private static func pod(_ name: String) -> String {
        """
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: \(name), labels: {app: p}}, spec: {containers: [{name: c, image: host/sleep}]}}
        """
    }

    /// Changes a byte within a text of the store's file, where it stands last.
    private func damage(_ text: String, in state: String) throws {
        let store = URL(fileURLWithPath: "\(state)/store/store.db")
        var file = try Data(contentsOf: store)
        let place = try #require(file.lastRange(of: Data(text.utf8)))
        file[place.upperBound - 3] ^= 1
        try file.write(to: store)
    }

    private func checkAll(_ writers: [Writer], _ client: RemoteClient) async throws {
        var steps: [String: Int] = [:]
        for object in try await client.list(Self.configMaps, namespace: "default").items {
            let step: Int = try #require(Writer.step(object), "half a write: \(object.name)")
            steps[object.name] = step
        }
        for writer in writers {
            let lost = writer.created.filter { steps["\(writer.name)-\($0)"] != $0 }
            #expect(lost.isEmpty, "\(writer.name)")
        }
    }

    @Test func `an orderly stop under load answers what it has taken, and ends watches as watches end`() async throws {
        let folder = try Folder()
        let flags = Self.alone + ["--token-auth-file", try tokens(folder)]
        let cluster = try await Cluster(state: folder.path + "/state", flags)
        let client = try client(cluster)
        let writers = (0..<4).map { Writer("w\($0)") }
        for writer in writers { _ = try await client.create(Self.configMaps, namespace: "default", Writer.body(writer.name, 0)) }
        let seen = Mutex(0)
        let watching = Task {
            var options = ListOptions()
            options.resourceVersion = "0"
            for try await _ in try await client.watch(Self.configMaps, namespace: nil, options: options) { seen.withLock { $0 += 1 } }
        }
        let writing = Task {
            await withTaskGroup(of: Writer.self) { group in
                for writer in writers {
                    group.addTask {
                        var writer = writer
                        await writer.run(client)
                        return writer
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        try await eventually("the watch sees the load") { seen.withLock { $0 } > 20 }
        #expect(try await cluster.end(SIGTERM) == 0)
        let done = await writing.value
        // Ended by the server's last chunk: an error would be thrown here.
        try await watching.value
        let again = try await Cluster(state: folder.path + "/state", flags)
        try await checkAll(done, try self.client(again))
        for writer in done {
            let found = try await self.client(again).get(Self.configMaps, namespace: "default", name: writer.name)
            #expect(writer.changed...writer.sent ~= (Writer.step(found) ?? -1))
        }
    }

    @Test func `a damaged object is an error that names the remedy, is not pruned, and a backup brings it back`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let state = folder.path + "/state"
        let loop = ["--without", "node,proxy", "--repo", repository.bare]
        try repository.write("web.yaml", Manifest.configMap("web", "unmistakable-greeting"))
        try repository.write("other.yaml", Manifest.configMap("other", "hello"))
        try repository.push("Good")
        let first = try await Cluster(state: state, loop)
        try await eventually("it runs") { try first.greeting("other") == "hello" && first.greeting() == "unmistakable-greeting" }
        let backup = folder.path + "/backup"
        let made = try first.skiff("backup", backup)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("every Secret"))
        #expect(try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int == 0o600)
        let busy = try first.skiff("restore", backup)
        #expect(busy.status == 1)
        #expect(busy.errors.contains("process \(first.pid): stop it first"), "\(busy.errors)")
        try await first.end(SIGTERM)

        try damage(#""greeting":"unmistakable-greeting""#, in: state)
        let check = try first.skiff("check")
        #expect(check.status == 1)
        #expect(check.output == "/registry/core/configmaps/default/web is damaged\n")

        // Gone from git while it is damaged: it must neither be taken for absent nor be pruned.
        try repository.git("rm", "-q", "web.yaml")
        try repository.write("other.yaml", Manifest.configMap("other", "goodbye"))
        try repository.push("Without it")
        let second = try await Cluster(state: state, loop)
        try await eventually("the rest goes on") { try second.greeting("other") == "goodbye" }
        for arguments in [["get", "configmap", "web"], ["get", "configmaps"], ["delete", "configmap", "web"]] {
            let path = try #require(Program.find("kubectl"))
            let answer = try Program.run(path, arguments, environment: ["KUBECONFIG": "\(state)/kubeconfig"])
            #expect(answer.status == 1)
            #expect(
                answer.errors.contains("configmaps \"default/web\" is damaged on disk") && answer.errors.contains("`skiff restore`"),
                "\(answer)")
        }
        try await second.end(SIGTERM)
        #expect(try second.skiff("check").output == "/registry/core/configmaps/default/web is damaged\n")

        let restored = try second.skiff("restore", backup)
        #expect(restored.status == 0 && restored.output.contains("before-restore-"), "\(restored)")
        let third = try await Cluster(state: state, loop)
        try await eventually("the commit is applied to what was restored") {
            try third.greeting("other") == "goodbye" && third.greeting("web").isEmpty
        }
        #expect(try third.skiff("check").output.contains("all is well"))
    }

    @Test func `a damaged quota, limit, budget or namespace policy lets nothing through that it might forbid`() async throws {
        let folder = try Folder()
        let state = folder.path + "/state"
        let flags = Self.alone + ["--disable-admission-plugins", "ServiceAccount"]
        let kinds = ["resourcequotas": "ResourceQuota", "limitranges": "LimitRange", "poddisruptionbudgets": "PodDisruptionBudget"]
        let pod = Self.pod("p")
        let first = try await Cluster(state: state, flags)
        for name in kinds.keys.sorted() + ["namespaces", "others"] {
            try first.kubectl("create", "namespace", name)
            #expect(try first.kubectl("apply", "-n", name, "-f", "-", input: pod).status == 0)
            #expect(
                try first.kubectl("patch", "pod", "p", "-n", name, "--subresource=status", "-p", #"{"status":{"phase":"Running"}}"#).status
                    == 0)
        }
        for (name, kind) in kinds {
            let version = kind == "PodDisruptionBudget" ? "policy/v1" : "v1"
            let spec: String =
                switch kind {
                case "ResourceQuota": "{hard: {pods: 100}}"
                case "LimitRange": "{limits: [{type: Pod, max: {cpu: 100}}]}"
                default: "{minAvailable: 1, selector: {matchLabels: {app: p}}}"
                }
            let object = """
                ---
                {apiVersion: \(version), kind: \(kind), metadata: {name: guard, annotations: {marker: damaged-\(name)}}, spec: \(spec)}
                """
            #expect(try first.kubectl("apply", "-n", name, "-f", "-", input: object).status == 0)
        }
        try first.kubectl("annotate", "namespace", "namespaces", "marker=damaged-namespaces")
        try await first.end(SIGTERM)
        for name in kinds.keys.sorted() + ["namespaces"] { try damage("damaged-\(name)", in: state) }

        let second = try await Cluster(state: state, flags)
        func evict(_ namespace: String) throws -> Outcome {
            let body = #"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p","namespace":"\#(namespace)"}}"#
            return try second.kubectl("create", "--raw", "/api/v1/namespaces/\(namespace)/pods/p/eviction", "-f", "-", input: body)
        }
        let new = Self.pod("new")
        let refused = [
            ("resourcequotas \"resourcequotas/guard\"", try second.kubectl("apply", "-n", "resourcequotas", "-f", "-", input: new)),
            ("limitranges \"limitranges/guard\"", try second.kubectl("apply", "-n", "limitranges", "-f", "-", input: new)),
            ("poddisruptionbudgets.policy \"poddisruptionbudgets/guard\"", try evict("poddisruptionbudgets")),
            ("namespaces \"namespaces\"", try second.kubectl("apply", "-n", "namespaces", "-f", "-", input: new)),
        ]
        for (object, answer) in refused {
            #expect(answer.status == 1, "\(object): \(answer)")
            #expect(answer.errors.contains("\(object) is damaged on disk") && answer.errors.contains("`skiff restore`"), "\(answer)")
        }
        #expect(try second.kubectl("apply", "-n", "others", "-f", "-", input: new).status == 0, "nothing guards this one")
        #expect(try evict("others").status == 0)
    }
}
