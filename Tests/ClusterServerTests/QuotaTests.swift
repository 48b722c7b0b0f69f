import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

@Suite struct QuotaTests {
    /// A quota whose status says that nothing is used, as the controller would.
    private func quota(_ hard: Value, scopes: Value = [], in test: TestServer) async throws {
        let object: Value = ["metadata": ["name": "q"], "spec": ["hard": hard, "scopes": scopes]]
        let made = try await test.client.create(.resourceQuotas, namespace: "default", object)
        var draft = made.draft
        var used = Value.emptyObject
        for (name, _) in hard.object ?? Fields() { used[name] = "0" }
        draft["status"] = ["hard": hard, "used": used]
        _ = try await test.client.update(
            .resourceQuotas, namespace: "default", name: "q", subresource: "status", object: draft, options: WriteOptions())
    }

    private func used(_ test: TestServer) async throws -> Value? {
        try await test.client.get(.resourceQuotas, namespace: "default", name: "q").draft[path: "status", "used"]
    }

    private func asking(_ name: String, _ requests: Value = [:], _ limits: Value = [:]) -> Value {
        var object = pod(name)
        object["spec", default: .emptyObject]["containers", default: []].editElements {
            $0[0]["resources"] = ["requests": requests, "limits": limits]
        }
        return object
    }

    @Test func `parallel creations never use more than is allowed, and all that is`() async throws {
        let test = try await TestServer()
        try await quota(["pods": "7", "requests.cpu": "10"], in: test)
        let client = test.client
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    (try? await client.create(.pods, namespace: "default", asking("p\(number)", ["cpu": "100m"]))) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 7)
        #expect(try await used(test) == ["pods": "7", "requests.cpu": "700m"])
    }

    @Test func `a refusal says what is exceeded`() async throws {
        let test = try await TestServer()
        try await quota(["pods": "1", "requests.memory": "1Gi"], in: test)
        _ = try await test.client.create(.pods, namespace: "default", asking("a", ["memory": "512Mi"]))
        let error = await refusal { _ = try await test.client.create(.pods, namespace: "default", asking("b", ["memory": "1Gi"])) }
        #expect(error?.code == 403)
        #expect(
            error?.message
                == "pods \"b\" is forbidden: exceeded quota: q, requested: pods=1,requests.memory=1Gi, used: pods=1,requests.memory=512Mi, limited: pods=1,requests.memory=1Gi"
        )
    }

    @Test func `what a quota limits must be named by every container`() async throws {
        let test = try await TestServer()
        try await quota(["limits.cpu": "1", "memory": "1Gi"], in: test)
        let error = await refusal { _ = try await test.client.create(.pods, namespace: "default", pod("a")) }
        #expect(error?.message == "pods \"a\" is forbidden: failed quota: q: must specify limits.cpu for: c; memory for: c")
    }

    @Test func `until it is known what is used nothing is admitted`() async throws {
        let test = try await TestServer()
        let made = try await test.client.create(
            .resourceQuotas, namespace: "default", ["metadata": ["name": "q"], "spec": ["hard": ["configmaps": "3"]]])
        var draft = made.draft
        draft["status"] = ["hard": ["configmaps": "3"]]
        _ = try await test.client.update(
            .resourceQuotas, namespace: "default", name: "q", subresource: "status", object: draft, options: WriteOptions())
        let error = await refusal { _ = try await test.client.create(.configMaps, namespace: "default", configMap("a")) }
        #expect(error?.message == "configmaps \"a\" is forbidden: status unknown for quota: q, resources: configmaps")
    }

    @Test func `scopes choose the pods that count`() async throws {
        let test = try await TestServer()
        try await quota(["pods": "1"], scopes: ["BestEffort"], in: test)
        _ = try await test.client.create(.pods, namespace: "default", asking("a", ["cpu": "1"]))
        #expect(try await used(test) == ["pods": "0"])
        _ = try await test.client.create(.pods, namespace: "default", pod("b"))
        #expect(try await used(test) == ["pods": "1"])
    }

    @Test func `an update is charged what it adds, and a dry run nothing`() async throws {
        let test = try await TestServer()
        try await quota(["services": "2", "services.nodeports": "1"], in: test)
        let made = try await test.client.create(
            .services, namespace: "default", ["metadata": ["name": "s"], "spec": ["ports": [["port": 80]]]])
        #expect(try await used(test) == ["services": "1", "services.nodeports": "0"])
        var draft = made.draft
        draft[path: "spec", "type"] = "NodePort"
        let dry = WriteOptions(dryRun: true)
        _ = try await test.client.update(.services, namespace: "default", name: "s", subresource: nil, object: draft, options: dry)
        #expect(try await used(test) == ["services": "1", "services.nodeports": "0"])
        _ = try await test.client.update(.services, namespace: "default", name: "s", object: draft)
        #expect(try await used(test) == ["services": "1", "services.nodeports": "1"])
    }

    @Test func `what is not stored is not charged`() async throws {
        let test = try await TestServer()
        try await quota(["count/configmaps": "5"], in: test)
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a"))
        _ = await refusal { _ = try await test.client.create(.configMaps, namespace: "default", configMap("a")) }
        #expect(try await used(test) == ["count/configmaps": "1"])
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("b"))
        #expect(try await used(test) == ["count/configmaps": "2"])
    }
}
