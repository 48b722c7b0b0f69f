import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

@Suite struct AdmissionTests {
    private func label(_ labels: [String: String], _ test: TestServer) async throws {
        _ = try await test.client.patch(
            .namespaces, namespace: nil, name: "default", patch: Patch(.merge, ["metadata": ["labels": Value(labels)]]))
    }

    private func onHostNetwork(_ name: String) -> Value {
        var object = pod(name)
        object[path: "spec", "hostNetwork"] = true
        return object
    }

    @Test func `a pod keeps to the level its namespace enforces`() async throws {
        let test = try await TestServer()
        try await label(["pod-security.kubernetes.io/enforce": "baseline"], test)
        let error = await refusal { _ = try await test.client.create(.pods, namespace: "default", onHostNetwork("a")) }
        #expect(error?.code == 403)
        #expect(
            error?.message
                == "pods \"a\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"
        )
        _ = try await test.client.create(.pods, namespace: "default", pod("b"))
    }

    @Test func `a template is warned of, never refused`() async throws {
        let test = try await TestServer()
        try await label(["pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "baseline"], test)
        let template: Value = ["metadata": ["labels": ["app": "x"]], "spec": onHostNetwork("x")["spec"] ?? .null]
        let deployment: Value = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d"],
            "spec": ["selector": ["matchLabels": ["app": "x"]], "template": template],
        ]
        let answer = try await test.response("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)
        #expect(answer.status == 201)
        #expect(answer.warnings.contains { $0.contains("would violate PodSecurity \\\"baseline:latest\\\": host namespaces") })
    }

    @Test func `a namespace that becomes stricter is told what is in its way`() async throws {
        let test = try await TestServer()
        for name in ["b", "a"] { _ = try await test.client.create(.pods, namespace: "default", onHostNetwork(name)) }
        let namespace = try await test.client.get(.namespaces, namespace: nil, name: "default")
        var draft = namespace.draft
        draft[path: "metadata", "labels", "pod-security.kubernetes.io/enforce"] = "baseline"
        let answer = try await test.response("PUT", "/api/v1/namespaces/default", draft)
        #expect(answer.status == 200)
        #expect(
            answer.warnings == [
                "299 - \"existing pods in namespace \\\"default\\\" violate the new PodSecurity enforce level \\\"baseline:latest\\\"\"",
                "299 - \"a (and 1 other pod): host namespaces\"",
            ])
    }

    /// More of them than are kept parsed, and one that is replaced by another of its name.
    @Test func `a pod has the priority that its class has now`() async throws {
        let test = try await TestServer()
        func make(_ name: String, _ value: Int) async throws {
            let object: Value = ["metadata": ["name": .string(name)], "value": .int(Int64(value))]
            _ = try await test.client.create(.priorityClasses, namespace: nil, object)
        }
        func priority(_ name: String, _ pod: Value) async throws -> Int? {
            var pod = pod
            pod[path: "spec", "priorityClassName"] = .string(name)
            return try await test.client.create(.pods, namespace: "default", pod).spec?["priority"]?.int
        }
        for number in 0..<300 { try await make("c\(number)", number) }
        for number in 0..<300 { #expect(try await priority("c\(number)", pod("p\(number)")) == number) }
        _ = try await test.client.delete(.priorityClasses, namespace: nil, name: "c7", options: DeleteOptions())
        try await make("c7", 1000)
        #expect(try await priority("c7", pod("again")) == 1000)
    }

    @Test func `limits are filled in and held to`() async throws {
        let test = try await TestServer()
        let range: Value = [
            "metadata": ["name": "r"],
            "spec": [
                "limits": [
                    [
                        "type": "Container", "default": ["cpu": "200m"], "defaultRequest": ["cpu": "100m"], "max": ["cpu": "1"],
                        "min": ["cpu": "50m"], "maxLimitRequestRatio": ["cpu": "2"],
                    ]
                ]
            ],
        ]
        _ = try await test.client.create(.limitRanges, namespace: "default", range)
        let made = try await test.client.create(.pods, namespace: "default", pod("a"))
        #expect(
            made.annotations["kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu request for container c; cpu limit for container c")
        var greedy = pod("b")
        greedy["spec", default: .emptyObject]["containers", default: []].editElements {
            $0[0]["resources"] = ["requests": ["cpu": "500m"], "limits": ["cpu": "1500m"]]
        }
        let error = await refusal { _ = try await test.client.create(.pods, namespace: "default", greedy) }
        #expect(
            error?.message
                == "pods \"b\" is forbidden: [maximum cpu usage per Container is 1, but limit is 1500m, cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000]"
        )
    }

    @Test func `who may not delete an object says nothing of its owners`() async throws {
        let test = try await TestServer(enabled: ["OwnerReferencesPermissionEnforcement"])
        let role: Value = [
            "metadata": ["name": "writer"],
            "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "get", "update"]]],
        ]
        let binding: Value = [
            "metadata": ["name": "writer"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "writer"],
            "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"]],
        ]
        let access = "rbac.authorization.k8s.io"
        _ = try await test.client.create(GroupVersionResource(access, "v1", "roles"), namespace: "default", role)
        _ = try await test.client.create(GroupVersionResource(access, "v1", "rolebindings"), namespace: "default", binding)
        let jane = test.server.localClient(user: "jane", groups: ["system:authenticated"])
        var owned = configMap("a")
        owned[path: "metadata", "ownerReferences"] = [["apiVersion": "v1", "kind": "Secret", "name": "s", "uid": "u"]]
        let error = await refusal { _ = try await jane.create(.configMaps, namespace: "default", owned) }
        #expect(error?.code == 403)
        #expect(error?.message.contains("cannot set an ownerRef on a resource you can't delete") == true)
        _ = try await jane.create(.configMaps, namespace: "default", configMap("b"))
    }

    @Test func `a claim grows when it is bound and its class allows it`() async throws {
        let test = try await TestServer()
        let claim: Value = [
            "metadata": ["name": "c"],
            "spec": ["accessModes": ["ReadWriteOnce"], "storageClassName": "s", "resources": ["requests": ["storage": "1Gi"]]],
        ]
        let made = try await test.client.create(.persistentVolumeClaims, namespace: "default", claim)
        var draft = made.draft
        draft[path: "spec", "resources", "requests", "storage"] = "2Gi"
        let error = await refusal {
            _ = try await test.client.update(.persistentVolumeClaims, namespace: "default", name: "c", object: draft)
        }
        #expect(error != nil)
    }

    @Test func `names of plugins are checked`() {
        #expect(AdmissionCatalogue.problem(enabled: ["Foo"], disabled: []) == "enable-admission-plugins plugin \"Foo\" is unknown")
        #expect(AdmissionCatalogue.problem(enabled: [], disabled: ["PodNodeSelector", "ResourceQuota"]) == nil)
        #expect(
            AdmissionCatalogue.problem(enabled: ["LimitRanger"], disabled: ["LimitRanger"])
                == "[LimitRanger] in enable-admission-plugins and disable-admission-plugins overlapped")
        #expect(AdmissionCatalogue.problem(enabled: ["PodNodeSelector"], disabled: [])?.contains("not part of this server") == true)
    }
}
