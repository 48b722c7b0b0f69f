import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import ClusterStore
import Foundation
import Logging
import ManifestLoader
import Testing

@testable import Reconciler

private func map(_ name: String, _ color: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata:\n  color: \(color)\n"
}

/// A reconciler on a real repository and the real API server in memory.
private struct Loop {
    let repository: Repository
    let client: any Client
    let registry: Registry

    init(_ repository: Repository) async throws {
        self.repository = repository
        registry = .builtIn(withSync: true)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = APIServer(
            configuration: APIServerConfiguration(disabledAdmissionPlugins: ["ServiceAccount"]), store: MemoryStore(), registry: registry,
            logger: logger)
        try await server.bootstrap(port: 6443)
        client = server.localClient(user: "skiff")
    }

    func reconciler(_ drift: DriftMode = .correct, path: String = "") -> Reconciler {
        Reconciler(
            ReconcilerOptions(source: repository.options(path: path), drift: drift), client: client, registry: registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func color(_ name: String) async -> String? {
        try? await client.get(.configMaps, namespace: "default", name: name).tree[path: "data", "color"]?.string
    }

    func paint(_ name: String, _ color: String) async throws {
        _ = try await client.patch(
            .configMaps, namespace: "default", name: name, subresource: nil, patch: Patch(.merge, ["data": ["color": .string(color)]]),
            options: WriteOptions(fieldManager: "kubectl-edit"))
    }

    func show(_ file: String) throws -> String { try repository.git("-C", repository.origin, "show", "skiff/status/test:\(file)") }
}

private func withLoop(_ body: (Loop) async throws -> Void) async throws {
    try await withRepository { try await body(try await Loop($0)) }
}

/// Waits until something holds, for at most twenty seconds.
private func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<400 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return false
}

@Suite struct `A repository is what the cluster has` {
    @Test func `a commit is applied, its objects are remembered, status is committed back`() async throws {
        try await withLoop { loop in
            let commit = try loop.repository.push([
                "ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "a.yaml": map("a", "red"),
                "s.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: in-shop, namespace: shop}\n",
            ])
            let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(outcome.failures == [])
            #expect(outcome.exitCode == 0, "\(outcome.value.jsonText)")
            #expect(await loop.color("a") == "red")
            let sync = try await loop.client.get(.syncs, name: "test")
            #expect(sync.status?["lastAppliedRevision"]?.string == commit)
            let uid = try await loop.client.get(.configMaps, namespace: "default", name: "a").uid
            let inventory = sync.status?["inventory"]?.strings ?? []
            #expect(inventory.first == "/v1/configmaps/ConfigMap/default/a/\(uid)")
            #expect(
                inventory.dropFirst().map { $0.split(separator: "/").dropLast().joined(separator: "/") } == [
                    "v1/configmaps/ConfigMap/shop/in-shop", "v1/namespaces/Namespace/shop",
                ])
            #expect(try loop.show("status.md").contains("In sync with `\(commit.prefix(10))`, 3 objects, 3 healthy, 0 drifted."))
            let history = try Value(parsing: loop.show("history.json"))
            #expect(history.array?.first?["changes"]?.strings?.contains("ConfigMap default/a created") == true)
        }
    }

    @Test func `a second pass changes nothing and commits nothing`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            let version = try await loop.client.get(.syncs, name: "test").resourceVersion
            let head = try loop.repository.git("-C", loop.repository.origin, "rev-parse", "skiff/status/test")
            let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(outcome.exitCode == 0)
            #expect(try await loop.client.get(.syncs, name: "test").resourceVersion == version)
            #expect(try loop.repository.git("-C", loop.repository.origin, "rev-parse", "skiff/status/test") == head)
        }
    }

    @Test func `what is removed from git is deleted, what others made stays`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red"), "b.yaml": map("b", "blue")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            _ = try await loop.client.create(
                .configMaps, namespace: "default", ["metadata": ["name": "mine"], "data": ["color": "green"]])
            try loop.repository.push(["b.yaml": nil])
            let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(outcome.exitCode == 0)
            #expect(await loop.color("b") == nil)
            #expect(await loop.color("mine") == "green")
            #expect(outcome.report.history.first?.changes == ["ConfigMap default/b pruned"])
        }
    }

    @Test func `a Sync that somebody deleted is written anew, and what was applied is still known`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red"), "b.yaml": map("b", "blue")])
            let reconciler = loop.reconciler()
            _ = await reconciler.reconcileOnce(timeout: 5)
            let name = loop.repository.options().cluster
            _ = try await loop.client.delete(.syncs, namespace: nil, name: name, options: DeleteOptions())
            try loop.repository.push(["b.yaml": nil])
            let outcome = await reconciler.reconcileOnce(timeout: 5)
            #expect(outcome.exitCode == 0)
            #expect(await loop.color("b") == nil)
            #expect(outcome.report.history.map(\.changeCount) == [1, 2])
            let status = try await loop.client.get(.syncs, name: name).status?.value
            #expect(status?["inventory"]?.strings?.count == 1)
        }
    }

    @Test func `an empty tree and a tree that does not load change nothing`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            try loop.repository.push(["a.yaml": nil])
            let empty = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(empty.exitCode == 1)
            #expect(await loop.color("a") == "red")
            try loop.repository.push(["a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {nam: a}\n"])
            let broken = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(broken.exitCode == 1)
            #expect(broken.report.problems.contains { $0.contains("a.yaml:3") && $0.contains("did you mean name?") })
            #expect(await loop.color("a") == "red")
        }
    }

    @Test func `an object that fails stops pruning and not the others`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red"), "b.yaml": map("b", "blue")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            try loop.repository.push([
                "b.yaml": nil, "c.yaml": map("c", "black"),
                "bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost, namespace: nowhere}\n",
            ])
            let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(outcome.exitCode == 1)
            #expect(outcome.failures.map(\.file) == ["bad.yaml"])
            #expect(outcome.failures.first?.message.contains("nowhere") == true)
            #expect(await loop.color("c") == "black")
            #expect(await loop.color("b") == "blue")
        }
    }

    @Test func `what failed is tried again by the next pass of the same commit`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: later}\n"])
            #expect(await loop.reconciler().reconcileOnce(timeout: 5).exitCode == 1)
            _ = try await loop.client.create(.namespaces, ["metadata": ["name": "later"]])
            let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(outcome.exitCode == 0, "\(outcome.value.jsonText)")
        }
    }

    @Test func `what fails is told in the order of the files, and once, however often it is tried`() async throws {
        try await withLoop { loop in
            let documents = (0..<30).map { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m\($0), namespace: nowhere}\n" }
            try loop.repository.push(["a.yaml": documents.joined(separator: "---\n"), "b.yaml": map("b", "blue")])
            for _ in 0..<3 {
                let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
                #expect(outcome.failures.count == 30)
                #expect(outcome.failures.map(\.line) == outcome.failures.map(\.line).sorted())
                // The first has made what does not fail.
                #expect(outcome.report.history.map(\.changeCount) == [1])
            }
        }
    }

    @Test func `what another wrote to the Sync is read, what nobody changed is not`() async throws {
        try await withLoop { loop in
            let sync = SyncObject(client: loop.client, options: loop.repository.options())
            #expect(try await sync.read(since: "") == nil, "there is none, as before")
            var status = SyncStatus()
            status.lastAppliedRevision = "one"
            let first = try await sync.write(status, over: "", now: .system())
            #expect(try await sync.read(since: first) == nil)
            let seen = try await sync.read(since: "")
            #expect(seen?.version == first)
            #expect(seen?.status.lastAppliedRevision == "one")
            status.lastAppliedRevision = "two"
            let second = try await sync.write(status, over: first, now: .system())
            #expect(try await sync.read(since: first)?.status.lastAppliedRevision == "two")
            _ = try await loop.client.delete(.syncs, namespace: nil, name: "test", options: DeleteOptions())
            let gone = try await sync.read(since: second)
            #expect(gone?.version == "")
            #expect(gone?.status.lastAppliedRevision == SyncStatus().lastAppliedRevision)
        }
    }

    @Test func `a definition and an object of it may come in one commit`() async throws {
        try await withLoop { loop in
            try loop.repository.push([
                "things.yaml": """
                apiVersion: example.com/v1
                kind: Thing
                metadata: {name: one}
                spec: {size: 3}
                ---
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: things.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
                """
            ])
            let outcome = await loop.reconciler().reconcileOnce(timeout: 0)
            #expect(outcome.failures == [])
            let thing = try await loop.client.get(GroupVersionResource("example.com", "v1", "things"), namespace: "default", name: "one")
            #expect(thing.spec?["size"]?.int == 3)
        }
    }

    @Test func `a preview says what would change and changes nothing`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red"), "b.yaml": map("b", "blue"), "d.yaml": map("d", "white")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(try await loop.reconciler().preview().diffExitCode == 0)
            try loop.repository.push([
                "a.yaml": map("a", "pink"), "b.yaml": nil, "n.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
                "c.yaml": map("c", "black").replacing("{name: c}", with: "{name: c, namespace: shop}"),
            ])
            let preview = try await loop.reconciler().preview()
            #expect(preview.failures == [])
            #expect(preview.unchanged == 1)
            #expect(
                preview.changes.map { "\($0.kind) \($0.entry.id)" } == [
                    "created Namespace shop", "configured ConfigMap default/a", "created ConfigMap shop/c", "pruned ConfigMap default/b",
                ])
            #expect(preview.diffText.contains("\n-  color: red\n+  color: pink\n"), "\(preview.diffText)")
            #expect(await loop.color("a") == "red")
        }
    }

    @Test func `drift is told and corrected by the next pass, and the correction is kept`() async throws {
        try await withLoop { loop in
            let commit = try loop.repository.push(["a.yaml": map("a", "red")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(try await loop.reconciler().driftReport().drifts == [])
            try await loop.paint("a", "blue")
            let drift = try await loop.reconciler().driftReport().driftText
            #expect(drift.hasPrefix("ConfigMap default/a: data.color: git says \"red\", live is \"blue\" by kubectl-edit at "), "\(drift)")
            #expect(drift.hasSuffix(", \"change\")") && drift.contains(" (a.yaml:5:3, changed in \(commit.prefix(10)) by Ada"), "\(drift)")
            let reported = await loop.reconciler(.report).reconcileOnce(timeout: 5)
            #expect(reported.report.drifts.count == 1)
            #expect(await loop.color("a") == "blue")
            let corrected = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(corrected.report.drifts == [])
            #expect(corrected.report.corrections.count == 1)
            #expect(await loop.color("a") == "red")
            try await loop.client.delete(.configMaps, namespace: "default", name: "a", options: DeleteOptions())
            #expect(try await loop.reconciler().driftReport().driftText.hasPrefix("ConfigMap default/a: deleted by skiff at "))
        }
    }

    @Test func `a Secret's values reach neither the status branch nor any text`() async throws {
        try await withLoop { loop in
            let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"
            try loop.repository.push(["s.yaml": secret])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            _ = try await loop.client.patch(
                .secrets, namespace: "default", name: "s", subresource: nil, patch: Patch(.merge, ["data": ["password": "c3dvcmRmaXNo"]]),
                options: WriteOptions(fieldManager: "kubectl"))
            let report = try await loop.reconciler().driftReport()
            #expect(report.drifts.count == 1)
            let preview = try await loop.reconciler().preview()
            #expect(preview.changes.count == 1)
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            var texts = report.driftText + report.driftValue.jsonText + preview.diffText + preview.value.jsonText
            for file in ["status.md", "status.json", "drift.md", "drift.json", "history.json"] { texts += try loop.show(file) }
            for word in ["hunter2", "aHVudGVyMg", "swordfish", "c3dvcmRmaXNo"] { #expect(!texts.contains(word)) }
        }
    }

    @Test func `following, a push is applied and drift is corrected without being asked`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red")])
            let reconciler = loop.reconciler()
            let running = Task { try await reconciler.run() }
            #expect(try await eventually { await loop.color("a") == "red" })
            try loop.repository.push(["a.yaml": map("a", "blue")])
            #expect(try await eventually { await loop.color("a") == "blue" })
            try await loop.paint("a", "green")
            #expect(try await eventually { await loop.color("a") == "blue" })
            try await loop.client.delete(.configMaps, namespace: "default", name: "a", options: DeleteOptions())
            #expect(try await eventually { await loop.color("a") == "blue" })
            try loop.repository.git("-C", loop.repository.clone, "revert", "--no-edit", "HEAD")
            try loop.repository.push([:], "revert")
            #expect(try await eventually { await loop.color("a") == "red" })
            running.cancel()
            _ = await running.result
        }
    }

    @Test func `a source that is gone leaves the cluster as it is and says since when`() async throws {
        try await withLoop { loop in
            try loop.repository.push(["a.yaml": map("a", "red")])
            _ = await loop.reconciler().reconcileOnce(timeout: 5)
            try FileManager.default.removeItem(atPath: loop.repository.origin)
            let outcome = await loop.reconciler().reconcileOnce(timeout: 5)
            #expect(outcome.exitCode == 1)
            #expect(outcome.unreachable?.contains("cannot reach") == true)
            #expect(outcome.report.unreachableSince != nil)
            #expect(await loop.color("a") == "red")
        }
    }
}
