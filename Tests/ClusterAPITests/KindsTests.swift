import ClusterAPI
import ClusterObjects
import Testing

@Suite struct KindsTests {
    private func rules(_ gvr: GroupVersionResource) throws -> ResourceRules {
        try #require(Registry.builtIn().resource(gvr)).rules
    }

    private static let pods = GroupVersionResource("", "v1", "pods")

    @Test(arguments: [("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"), ("host:5000/nginx", "Always")])
    func `the pull policy follows the image's tag`(image: String, policy: String) throws {
        var pod: Value = ["spec": ["containers": [["name": "c", "image": .string(image)]]]]
        try rules(Self.pods).setDefaults(&pod)
        #expect(pod["spec"]?["containers"]?.array?.first?["imagePullPolicy"]?.string == policy)
    }

    @Test func `a new pod is pending and has the class of its requests`() throws {
        let resources: Value = ["limits": ["cpu": "1", "memory": "1Gi"]]
        var pod: Value = ["spec": ["containers": [["name": "c", "image": "nginx", "resources": resources]]]]
        let rules = try rules(Self.pods)
        rules.setDefaults(&pod)
        rules.prepareForCreate(&pod)
        #expect(pod["status"] == ["phase": "Pending", "qosClass": "Guaranteed"])
    }

    @Test func `a deployment's selector must match its template and never changes`() throws {
        let rules = try rules(GroupVersionResource("apps", "v1", "deployments"))
        let template: Value = [
            "metadata": ["labels": ["a": "b", "c": "d"]], "spec": ["containers": [["name": "c", "image": "nginx"]]],
        ]
        var good: Value = ["spec": ["selector": ["matchLabels": ["a": "b"]], "template": template]]
        rules.setDefaults(&good)
        var changed = good
        changed[path: "spec", "selector", "matchLabels"] = ["c": "d"]
        #expect(rules.validate(good).isEmpty)
        #expect(rules.validateUpdate(changed, good, "").map(\.body).first?.hasSuffix("field is immutable") == true)
    }

    @Test func `a pod needs what its containers or its start take at once`() throws {
        let spec = try Tree(
            parsing: """
                {"containers":[{"resources":{"requests":{"cpu":"1"}}}],"overhead":{"cpu":"100m"},"initContainers":[
                {"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},{"resources":{"requests":{"cpu":"3"}}}]}
                """)
        #expect(PodResources.requests(of: spec)["cpu"] == Quantity("4100m"))
    }
}
