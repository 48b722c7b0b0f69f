import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

@Suite struct ObjectTests {
    @Test func `a created object is defaulted and read as it was answered`() async throws {
        let test = try await TestServer()
        let made = try await test.client.create(.pods, namespace: "default", pod("a"))
        let read = try await test.client.get(.pods, namespace: "default", name: "a")
        #expect(made.draft == read.draft)
        #expect(read.draft[path: "spec", "restartPolicy"] == "Always")
        #expect(read.draft[path: "status", "phase"] == "Pending")
        #expect(read.draft[path: "spec", "tolerations"]?.array?.count == 2)
    }

    @Test func `an update of a version that is not the newest is a conflict`() async throws {
        let test = try await TestServer()
        let first = try await test.client.create(.configMaps, namespace: "default", configMap("a", ["n": "1"]))
        var change = first.draft
        change[path: "data", "n"] = "2"
        _ = try await test.client.update(.configMaps, namespace: "default", name: "a", object: change)
        let error = await refusal {
            _ = try await test.client.update(.configMaps, namespace: "default", name: "a", object: change)
        }
        #expect(error?.isConflict == true)
    }

    @Test func `a write that changes nothing makes no version`() async throws {
        let test = try await TestServer()
        let made = try await test.client.create(.configMaps, namespace: "default", configMap("a", ["n": "1"]))
        let again = try await test.client.update(.configMaps, namespace: "default", name: "a", object: made.draft)
        let patched = try await test.client.patch(
            .configMaps, namespace: "default", name: "a", patch: Patch(.merge, ["data": ["n": "1"]]))
        #expect(again.resourceVersion == made.resourceVersion)
        #expect(patched.resourceVersion == made.resourceVersion)
    }

    @Test func `patches of different fields at the same time are all kept`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a"))
        let client = test.client
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try await client.patch(
                        .configMaps, namespace: "default", name: "a", patch: Patch(.merge, ["data": ["k\(number)": "v"]]))
                }
            }
            try await group.waitForAll()
        }
        let read = try await client.get(.configMaps, namespace: "default", name: "a")
        #expect(read.draft["data"]?.object?.count == 40)
    }

    /// As a node agent does, which removes a pod as soon as it sees it marked.
    @Test func `a deletion that somebody else finishes is done all the same`() async throws {
        let test = try await TestServer()
        let events = try await test.client.watch(.pods, namespace: "default", options: ListOptions())
        let other = Task {
            for try await event in events where event.kind == .modified {
                _ = try? await test.client.delete(.pods, namespace: "default", name: event.object.name, options: DeleteOptions())
            }
        }
        for round in 0..<200 {
            _ = try await test.client.create(.pods, namespace: "default", pod("p\(round)"))
            let gone = try await test.client.delete(.pods, namespace: "default", name: "p\(round)")
            #expect(gone?.draft[path: "metadata", "deletionTimestamp"]?.string != nil)
        }
        other.cancel()
    }

    @Test func `an object with a finalizer goes when the last one is removed`() async throws {
        let test = try await TestServer()
        var object = configMap("a")
        object[path: "metadata", "finalizers"] = ["example.com/hold"]
        _ = try await test.client.create(.configMaps, namespace: "default", object)
        let marked = try await test.client.delete(.configMaps, namespace: "default", name: "a")
        #expect(marked?.draft[path: "metadata", "deletionTimestamp"]?.string != nil)
        _ = try await test.client.patch(
            .configMaps, namespace: "default", name: "a", patch: Patch(.merge, ["metadata": ["finalizers": .null]]))
        let error = await refusal { _ = try await test.client.get(.configMaps, namespace: "default", name: "a") }
        #expect(error?.isNotFound == true)
    }

    @Test func `a dry run checks and stores nothing`() async throws {
        let test = try await TestServer()
        let before = test.store.revision
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a"), options: WriteOptions(dryRun: true))
        #expect(test.store.revision == before)
        let error = await refusal {
            _ = try await test.client.create(.configMaps, namespace: "nowhere", configMap("a"), options: WriteOptions(dryRun: true))
        }
        #expect(error?.isNotFound == true)
    }

    @Test func `the pages of a list are of one moment`() async throws {
        let test = try await TestServer()
        for number in 0..<5 { _ = try await test.client.create(.configMaps, namespace: "default", configMap("m\(number)")) }
        var options = ListOptions()
        options.limit = 2
        var page = try await test.client.list(.configMaps, namespace: "default", options: options)
        var names = page.items.map(\.name)
        _ = try await test.client.delete(.configMaps, namespace: "default", name: "m4")
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("m2a"))
        while !page.continueToken.isEmpty {
            options.continueToken = page.continueToken
            page = try await test.client.list(.configMaps, namespace: "default", options: options)
            names += page.items.map(\.name)
        }
        #expect(names == ["m0", "m1", "m2", "m3", "m4"])
    }

    @Test func `a watch shows what enters and leaves its selection, once and in order`() async throws {
        let test = try await TestServer()
        let start = try await test.client.list(.configMaps, namespace: "default", options: ListOptions()).resourceVersion
        let events = try await test.client.watch(
            .configMaps, namespace: "default", options: ListOptions(labelSelector: "app=web", resourceVersion: start))
        func label(_ value: String) async throws {
            _ = try await test.client.patch(
                .configMaps, namespace: "default", name: "a", patch: Patch(.merge, ["metadata": ["labels": ["app": .string(value)]]]))
        }
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a", labels: ["app": "db"]))
        try await label("web")
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("b", labels: ["app": "web"]))
        try await label("db")
        _ = try await test.client.delete(.configMaps, namespace: "default", name: "b")
        var seen: [String] = []
        for try await event in events {
            seen.append("\(event.kind.rawValue) \(event.object.name)")
            if seen.count == 4 { break }
        }
        #expect(seen == ["ADDED a", "ADDED b", "DELETED a", "DELETED b"])
    }

    @Test func `every service has an address of its own until it goes`() async throws {
        let test = try await TestServer()
        func make(_ name: String, _ address: String? = nil) async throws -> String? {
            var spec: Value = ["ports": [["port": 80]]]
            if let address { spec["clusterIP"] = .string(address) }
            let made = try await test.client.create(
                .services, namespace: "default", ["metadata": ["name": .string(name)], "spec": spec])
            return made.draft[path: "spec", "clusterIP"]?.string
        }
        let first = try #require(try await make("a"))
        #expect(try await make("b") != first)
        let error = await refusal { _ = try await make("c", first) }
        #expect(error?.code == 422)
        _ = try await test.client.delete(.services, namespace: "default", name: "a")
        #expect(try await make("c", first) == first)
    }

    @Test func `a drain stops where a disruption budget ends`() async throws {
        let test = try await TestServer()
        let budgets = GroupVersionResource("policy", "v1", "poddisruptionbudgets")
        _ = try await test.client.create(
            budgets, namespace: "default",
            ["metadata": ["name": "b"], "spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "web"]]]])
        for name in ["p1", "p2"] {
            _ = try await test.client.create(.pods, namespace: "default", pod(name, labels: ["app": "web"]))
            _ = try await test.client.patch(
                .pods, namespace: "default", name: name, subresource: "status",
                patch: Patch(.merge, ["status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]]]))
        }
        _ = try await test.client.patch(
            budgets, namespace: "default", name: "b", subresource: "status",
            patch: Patch(
                .merge,
                [
                    "status": [
                        "observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2,
                    ]
                ]))
        func evict(_ name: String) async throws {
            _ = try await test.client.create(
                .pods, namespace: "default", name: name, subresource: "eviction", object: ["metadata": ["name": .string(name)]],
                options: WriteOptions())
        }
        try await evict("p1")
        let error = await refusal { try await evict("p2") }
        #expect(error?.code == 429)
        #expect(error?.details?["causes"]?.array?.first?["message"] == "The disruption budget b needs 1 healthy pods and has 2 currently")
    }
}
