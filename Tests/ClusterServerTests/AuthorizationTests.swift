import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

/// Who may do what, in process, where the same pipeline answers as over the wire.
@Suite struct AuthorizationTests {
    private let authenticated = ["system:authenticated"]

    private func rbac(_ plural: String) -> GroupVersionResource { GroupVersionResource("rbac.authorization.k8s.io", "v1", plural) }

    /// Lets a user do something in `default`.
    private func allow(_ test: TestServer, _ user: String, _ verbs: [String], _ resources: [String], group: String = "") async throws {
        let name = "\(user)-\(verbs[0])-\(resources[0].replacing("/", with: "-"))"
        let rules: Value = [["verbs": Value(verbs), "apiGroups": [.string(group)], "resources": Value(resources)]]
        _ = try await test.client.create(rbac("roles"), namespace: "default", ["metadata": ["name": .string(name)], "rules": rules])
        _ = try await test.client.create(
            rbac("rolebindings"), namespace: "default",
            [
                "metadata": ["name": .string(name)],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .string(name)],
                "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": .string(user)]],
            ])
    }

    private func role(_ name: String, _ verbs: [String], _ resources: [String]) -> Value {
        [
            "metadata": ["name": .string(name)],
            "rules": [["verbs": Value(verbs), "apiGroups": [""], "resources": Value(resources)]],
        ]
    }

    @Test func `a user may what a role says, from the moment it is bound until it is not`() async throws {
        let test = try await TestServer()
        let jane = test.server.localClient(user: "jane", groups: authenticated)
        let refused = await refusal { _ = try await jane.list(.configMaps, namespace: "default", options: ListOptions()) }
        #expect(
            refused?.message
                == #"configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default""#)
        #expect(refused?.code == 403)
        try await allow(test, "jane", ["list", "create"], ["configmaps"])
        _ = try await jane.create(.configMaps, namespace: "default", configMap("mine"))
        #expect(try await jane.list(.configMaps, namespace: "default", options: ListOptions()).items.count == 1)
        #expect(await refusal { _ = try await jane.delete(.configMaps, namespace: "default", name: "mine") }?.code == 403)
        #expect(await refusal { _ = try await jane.list(.configMaps, namespace: nil, options: ListOptions()) }?.code == 403)
        #expect(await refusal { _ = try await jane.list(.secrets, namespace: "default", options: ListOptions()) }?.code == 403)
        _ = try await test.client.delete(rbac("rolebindings"), namespace: "default", name: "jane-list-configmaps")
        #expect(await refusal { _ = try await jane.list(.configMaps, namespace: "default", options: ListOptions()) }?.code == 403)
    }

    @Test func `nobody grants what they do not have`() async throws {
        let test = try await TestServer()
        let jane = test.server.localClient(user: "jane", groups: authenticated)
        try await allow(test, "jane", ["create", "update", "patch"], ["roles", "rolebindings"], group: "rbac.authorization.k8s.io")
        try await allow(test, "jane", ["get"], ["configmaps"])
        _ = try await jane.create(rbac("roles"), namespace: "default", role("same", ["get"], ["configmaps"]))
        let refused = await refusal {
            _ = try await jane.create(rbac("roles"), namespace: "default", role("more", ["get", "list"], ["secrets"]))
        }
        #expect(
            refused?.message.hasSuffix(
                """
                user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
                {APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
                """) == true)
        let binding: Value = [
            "metadata": ["name": "self"],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"],
            "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "jane"]],
        ]
        #expect(await refusal { _ = try await jane.create(rbac("rolebindings"), namespace: "default", binding) }?.code == 403)
        // Those who may bind the role may.
        try await allow(test, "jane", ["bind"], ["clusterroles"], group: "rbac.authorization.k8s.io")
        _ = try await jane.create(rbac("rolebindings"), namespace: "default", binding)
        _ = try await jane.create(rbac("roles"), namespace: "default", role("more", ["get", "list"], ["secrets"]))
    }

    @Test func `a node reads what its pods need, writes what is its own, and no more`() async throws {
        let test = try await TestServer(disabled: [])
        let node = test.server.localClient(user: "system:node:n1", groups: ["system:nodes", "system:authenticated"])
        for name in ["needed", "other"] {
            _ = try await test.client.create(.secrets, namespace: "default", ["metadata": ["name": .string(name)]])
        }
        _ = try await test.client.create(.serviceAccounts, namespace: "default", ["metadata": ["name": "default"]])
        var here = pod("here")
        here[path: "spec", "nodeName"] = "n1"
        here[path: "spec", "volumes"] = [["name": "v", "secret": ["secretName": "needed"]]]
        #expect(await refusal { _ = try await node.get(.secrets, namespace: "default", name: "needed") }?.code == 403)
        _ = try await test.client.create(.pods, namespace: "default", here)
        _ = try await node.get(.secrets, namespace: "default", name: "needed")
        #expect(
            await refusal { _ = try await node.get(.secrets, namespace: "default", name: "other") }?.message.hasSuffix(
                "no relationship found between node 'n1' and this object") == true)
        #expect(await refusal { _ = try await node.list(.secrets, namespace: "default", options: ListOptions()) }?.code == 403)
        #expect(await refusal { _ = try await node.list(.pods, namespace: nil, options: ListOptions()) }?.code == 403)
        #expect(try await node.list(.pods, namespace: nil, options: ListOptions(fieldSelector: "spec.nodeName=n1")).items.count == 1)

        _ = try await node.create(.nodes, namespace: nil, ["metadata": ["name": "n1", "labels": ["kubernetes.io/hostname": "n1"]]])
        #expect(
            await refusal { _ = try await node.create(.nodes, namespace: nil, ["metadata": ["name": "n2"]]) }?.message
                == #"nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2""#)
        let labels = Patch(.merge, ["metadata": ["labels": ["node-restriction.kubernetes.io/x": "y"]]])
        #expect(
            await refusal { _ = try await node.patch(.nodes, namespace: nil, name: "n1", patch: labels) }?.message.hasSuffix(
                "is not allowed to modify labels: node-restriction.kubernetes.io/x") == true)
        var elsewhere = pod("elsewhere")
        elsewhere[path: "spec", "nodeName"] = "n2"
        _ = try await test.client.create(.pods, namespace: "default", elsewhere)
        #expect(await refusal { _ = try await node.delete(.pods, namespace: "default", name: "elsewhere") }?.code == 403)
        _ = try await node.delete(.pods, namespace: "default", name: "here")
    }

    @Test func `who may impersonate acts as somebody else, and has no more than they`() async throws {
        let test = try await TestServer()
        func whoami(_ headers: [(String, String)]) async throws -> (status: Int, body: Value, text: String) {
            try await test.http("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: "{}", headers: headers)
        }
        let answer = try await whoami([("Impersonate-User", "jane"), ("Impersonate-Group", "a"), ("impersonate-extra-why%2fso", "b")])
        #expect(
            answer.body[path: "status", "userInfo"] == [
                "username": "jane", "groups": ["a", "system:authenticated"], "extra": ["why/so": ["b"]],
            ])
        #expect(try await whoami([("Impersonate-Group", "a")]).status == 400)
        let account = try await whoami([("Impersonate-User", "system:serviceaccount:shop:robot")])
        #expect(
            account.body[path: "status", "userInfo", "groups"]
                == ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"])
        let refused = try await test.http("GET", "/api/v1/namespaces/default/pods", headers: [("Impersonate-User", "jane")])
        #expect(refused.status == 403)
        // One who is impersonated cannot go on from there.
        let token = try await token(test, "robot")
        let chained = try await test.http(
            "GET", "/api/v1/namespaces/default/pods",
            headers: [("Authorization", "Bearer \(token)"), ("Impersonate-User", "admin")], anonymous: true)
        #expect(chained.text.contains(#"cannot impersonate resource \"users\" in API group \"\" at the cluster scope"#))
    }

    private func token(_ test: TestServer, _ account: String) async throws -> String {
        _ = try await test.client.create(.serviceAccounts, namespace: "default", ["metadata": ["name": .string(account)]])
        let made = try await test.client.create(
            .serviceAccounts, namespace: "default", name: account, subresource: "token", object: ["spec": .emptyObject],
            options: WriteOptions())
        return made.draft[path: "status", "token"]?.string ?? ""
    }

    @Test func `reviews answer as a request would be`() async throws {
        let test = try await TestServer()
        try await allow(test, "jane", ["get"], ["pods/log"])
        func ask(_ attributes: Value) async throws -> Value? {
            try await test.client.create(
                GroupVersionResource("authorization.k8s.io", "v1", "subjectaccessreviews"), namespace: nil,
                ["spec": ["user": "jane", "groups": ["system:authenticated"], "resourceAttributes": attributes]]
            ).draft["status"]
        }
        let log: Value = ["verb": "get", "resource": "pods", "subresource": "log", "namespace": "default"]
        #expect(
            try await ask(log) == [
                "allowed": true,
                "reason": #"RBAC: allowed by RoleBinding "jane-get-pods-log/default" of Role "jane-get-pods-log" to User "jane""#,
            ])
        #expect(try await ask(["verb": "get", "resource": "pods", "namespace": "default"])?["allowed"] == false)
        let rules = try await test.server.localClient(user: "jane", groups: authenticated).create(
            GroupVersionResource("authorization.k8s.io", "v1", "selfsubjectrulesreviews"), namespace: nil,
            ["spec": ["namespace": "default"]]
        ).draft[path: "status", "resourceRules"]?.array
        #expect(rules?.contains(["verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]]) == true)
    }

    @Test func `bootstrap roles get back what they lost, unless they want to be left alone`() async throws {
        let test = try await TestServer()
        let roles = rbac("clusterroles")
        func change(_ name: String, _ edit: (inout Value) -> Void) async throws {
            var role = try await test.client.get(roles, namespace: nil, name: name).draft
            edit(&role)
            _ = try await test.client.update(roles, namespace: nil, name: name, object: role)
        }
        func rules(_ name: String) async throws -> Int {
            try await test.client.get(roles, namespace: nil, name: name).draft["rules"]?.array?.count ?? 0
        }
        let before = try await rules("system:kube-scheduler")
        try await change("system:kube-scheduler") { $0["rules"] = [] }
        try await change("system:node-proxier") {
            $0["rules"] = []
            $0[path: "metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"] = "false"
        }
        _ = try await TestServer(store: test.store)
        #expect(try await rules("system:kube-scheduler") >= before)
        #expect(try await rules("system:node-proxier") == 0)
    }
}
