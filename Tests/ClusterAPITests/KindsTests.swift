import ClusterAPI
import ClusterObjects
import Testing

@Suite struct KindsTests {
    private func rules(_ gvr: GroupVersionResource) throws -> ResourceRules {
        try #require(Registry.builtIn().resource(gvr)).rules
    }

    private static let pods = GroupVersionResource("", "v1", "pods")
    private static let services = GroupVersionResource("", "v1", "services")
    private static let deployments = GroupVersionResource("apps", "v1", "deployments")

    /// A pod with its defaults, changed as asked.
    private func pod(_ change: (inout Value) -> Void = { _ in }) throws -> Value {
        var pod: Value = ["metadata": ["name": "x"], "spec": ["containers": [["name": "c", "image": "nginx:1"]]]]
        change(&pod)
        try rules(Self.pods).setDefaults(&pod)
        return pod
    }

    private func template(labels: Value, image: String = "i:1") -> Value {
        ["metadata": ["labels": labels], "spec": ["containers": [["name": "c", "image": .string(image)]]]]
    }

    @Test(arguments: [("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"), ("host:5000/nginx", "Always")])
    func `the pull policy follows the image's tag`(image: String, policy: String) throws {
        let pod = try pod { $0[path: "spec", "containers"] = [["name": "c", "image": .string(image)]] }
        #expect(pod["spec"]?["containers"]?.array?.first?["imagePullPolicy"]?.string == policy)
    }

    @Test func `a new pod is pending and has the class of its requests`() throws {
        let resources: Value = ["limits": ["cpu": "1", "memory": "1Gi"]]
        var pod = try pod { $0[path: "spec", "containers"] = [["name": "c", "image": "nginx", "resources": resources]] }
        try rules(Self.pods).prepareForCreate(&pod)
        #expect(pod["status"] == ["phase": "Pending", "qosClass": "Guaranteed"])
    }

    @Test func `an empty word is no word`() throws {
        let container: Value = ["name": "c", "image": "i", "ports": [["containerPort": 80, "protocol": ""]]]
        let pod = try pod { $0["spec"] = ["restartPolicy": "", "dnsPolicy": "", "schedulerName": "", "containers": [container]] }
        #expect(pod[path: "spec", "restartPolicy"] == "Always")
        #expect(pod["spec"]?["containers"]?.array?.first?["ports"] == [["containerPort": 80, "protocol": "TCP"]])
        #expect(try rules(Self.pods).validate(pod).isEmpty)
    }

    @Test func `a sound pod is not refused`() throws {
        #expect(try rules(Self.pods).validate(pod()).isEmpty)
    }

    static let brokenPods: [(String, String)] = [
        (
            #"{"containers":[{"name":"c","image":"i","ports":[{"containerPort":70000}]}]}"#,
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
        ),
        (
            #"{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/v"}]}]}"#,
            #"spec.containers[0].volumeMounts[0].name: Not found: "v""#
        ),
        (
            #"{"containers":[{"name":"c","image":"i","livenessProbe":{}}]}"#,
            "spec.containers[0].livenessProbe: Required value: must specify a handler type"
        ),
        (
            #"{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}"#,
            #"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#
        ),
        (
            #"{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/"}}]}"#,
            "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"
        ),
        (
            #"{"containers":[{"name":"c","image":"i"}],"tolerations":[{"operator":"Equal"}]}"#,
            #"spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys""#
        ),
        (
            #"{"containers":[{"name":"c","image":"i"}],"hostUsers":false,"hostNetwork":true}"#,
            "spec.hostNetwork: Forbidden: when `hostUsers` is false"
        ),
        (
            #"{"containers":[{"name":"c","image":"i"}],"restartPolicy":"Sometimes"}"#,
            #"spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#
        ),
    ]

    @Test(arguments: brokenPods)
    func `a pod that breaks a rule is told which, where and what would be right`(spec: String, message: String) throws {
        let spec = try Value(parsing: Array(spec.utf8))
        let pod = try pod { $0["spec"] = spec }
        #expect(try rules(Self.pods).validate(pod).map(\.message) == [message])
    }

    @Test func `of a pod's spec an image may change, and the rest is shown as a diff`() throws {
        let rules = try rules(Self.pods)
        let old = try pod()
        let newImage = try pod { $0[path: "spec", "containers"] = [["name": "c", "image": "nginx:2"]] }
        let newName = try pod { $0[path: "spec", "hostname"] = "other" }
        #expect(rules.validateUpdate(newImage, old, "").isEmpty)
        let problems = rules.validateUpdate(newName, old, "")
        #expect(problems.map(\.field) == ["spec"])
        let body = try #require(problems.first?.body)
        #expect(body.contains("pod updates may not change fields other than `spec.containers[*].image`"))
        #expect(body.contains("@@ -64,7 +64,7 @@\n"))
        #expect(body.contains("- \"Hostname\": \"\",\n+ \"Hostname\": \"other\",\n"))
    }

    @Test func `a container that has ended for good stays ended`() throws {
        func pod(_ state: Value) -> Value {
            ["spec": ["restartPolicy": "Never"], "status": ["containerStatuses": [["name": "c", "state": state]]]]
        }
        let ended = pod(["terminated": ["exitCode": 0]])
        let problems = try rules(Self.pods).validateUpdate(pod(["running": [:]]), ended, "status")
        #expect(problems.map(\.field) == ["status.containerStatuses[0].state"])
    }

    @Test func `a deployment's selector must match its template and never changes`() throws {
        let rules = try rules(Self.deployments)
        var good: Value = [
            "spec": ["selector": ["matchLabels": ["a": "b"]], "template": template(labels: ["a": "b", "c": "d"])]
        ]
        rules.setDefaults(&good)
        var changed = good
        changed[path: "spec", "selector", "matchLabels"] = ["c": "d"]
        var other = good
        other[path: "spec", "selector", "matchLabels"] = ["x": "y"]
        #expect(rules.validate(good).isEmpty)
        #expect(rules.validate(other).map(\.field) == ["spec.template.metadata.labels"])
        let problems = rules.validateUpdate(changed, good, "")
        #expect(problems.map(\.message) == [#"spec.selector: Invalid value: {"matchLabels":{"c":"d"}}: field is immutable"#])
    }

    @Test func `a workload without a template is told what it lacks`() throws {
        let rules = try rules(Self.deployments)
        var bare: Value = ["spec": ["selector": ["matchLabels": ["a": "b"]]]]
        rules.setDefaults(&bare)
        #expect(rules.validate(bare).map(\.field) == ["spec.template.metadata.labels", "spec.template.spec.containers"])
    }

    @Test(arguments: [
        ("bad", "expected exactly 5 fields, found 1: [bad]"), ("*/5 * * * *", nil), ("@hourly", nil), ("@every 1h30m", nil),
        ("60 * * * *", "end of range (60) above maximum (59): 60"), ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("0 0 1 jan-mar mon", nil), ("@often", "unrecognized descriptor: @often"),
    ])
    func `a schedule is read as cron reads it`(schedule: String, wrong: String?) throws {
        let rules = try rules(GroupVersionResource("batch", "v1", "cronjobs"))
        var pods = template(labels: ["a": "b"])
        pods[path: "spec", "restartPolicy"] = "Never"
        var cron: Value = [
            "metadata": ["name": "x"], "spec": ["schedule": .string(schedule), "jobTemplate": ["spec": ["template": pods]]],
        ]
        rules.setDefaults(&cron)
        let expected = wrong.map { ["spec.schedule: Invalid value: \(Value.string(schedule).jsonText): \($0)"] } ?? []
        #expect(rules.validate(cron).map(\.message) == expected)
    }

    @Test func `a service that becomes a name drops its address, one that keeps its type keeps it`() throws {
        let rules = try rules(Self.services)
        let old: Value = [
            "spec": [
                "type": "ClusterIP", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
            ]
        ]
        var new = old
        new[path: "spec", "type"] = "ExternalName"
        new[path: "spec", "externalName"] = "a.example"
        rules.prepareForUpdate(&new, old, "")
        #expect(new["spec"] == ["type": "ExternalName", "externalName": "a.example", "sessionAffinity": "None"])
        var same = old
        rules.prepareForUpdate(&same, old, "")
        #expect(same["spec"] == old["spec"])
    }

    @Test func `what is written to a Secret as text is kept as bytes`() throws {
        var secret: Value = ["data": ["a": "MQ==", "b": "Mg=="], "stringData": ["a": "new", "c": ""]]
        try rules(GroupVersionResource("", "v1", "secrets")).setDefaults(&secret)
        #expect(secret["data"] == ["a": "bmV3", "b": "Mg==", "c": ""])
        #expect(secret["stringData"] == nil)
    }

    @Test func `a pod needs what its containers or its start take at once`() throws {
        let spec = try Tree(
            parsing: """
                {"containers":[{"resources":{"requests":{"cpu":"1"}}}],"overhead":{"cpu":"100m"},"initContainers":[
                {"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},{"resources":{"requests":{"cpu":"3"}}}]}
                """)
        #expect(PodResources.requests(of: spec)["cpu"] == Quantity("4100m"))
    }

    /// Values of every JSON type, nested a little, from a seed.
    private struct Noise {
        var state: UInt64

        mutating func number(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: (state >> 33)) % bound
        }

        mutating func value(_ schema: Schema?, depth: Int) -> Value {
            // Mostly what the schema says, to get far into the rules; else anything.
            if let schema, number(below: 8) > 0 {
                if !schema.node.properties.isEmpty, depth < 9 {
                    var object = Value.emptyObject
                    for name in schema.node.properties.keys.sorted() where number(below: 3) == 0 {
                        object[name] = value(schema.property(name), depth: depth + 1)
                    }
                    return object
                }
                if let items = schema.items, depth < 9 {
                    return .array((0..<number(below: 3)).map { _ in value(items, depth: depth + 1) })
                }
            }
            let texts = [
                "", "x", "..", "/", "*", "Always", "In", "10%", "1.2.3.4", "-1", "a/b", "10.0.0.0/8", "é", "$(x)", "{\"a\":", "AAA=",
            ]
            switch number(below: 7) {
            case 0: return .null
            case 1: return .bool(number(below: 2) == 0)
            case 2: return .int([0, -1, 1, .max, .min, 65536][number(below: 6)])
            case 3: return .double([0.5, -1e300, 1e19][number(below: 3)])
            case 4: return depth > 6 ? [] : [value(nil, depth: depth + 1), value(nil, depth: depth + 1)]
            case 5: return depth > 6 ? [:] : [texts[number(below: texts.count)]: value(nil, depth: depth + 1)]
            default: return .string(texts[number(below: texts.count)])
            }
        }
    }

    @Test func `no object, however odd, brings a kind's rules down`() {
        var noise = Noise(state: 42)
        for resource in Resource.builtIn {
            for _ in 0..<40 {
                var new = noise.value(resource.schema, depth: 0)
                let old = noise.value(resource.schema, depth: 0)
                resource.rules.setDefaults(&new)
                resource.rules.prepareForCreate(&new)
                _ = resource.rules.validate(new)
                _ = resource.rules.warnings(new, old)
                for subresource in [""] + resource.subresources.map(\.name) {
                    var changed = new
                    resource.rules.prepareForUpdate(&changed, old, subresource)
                    _ = resource.rules.validateUpdate(changed, old, subresource)
                }
            }
        }
    }

    @Test(
        arguments: [
            ([], "spec.cidrs: Required value: at least one CIDR required"),
            (
                ["10.0.0.0/33"],
                #"spec.cidrs[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#
            ),
            (["10.0.0.0/8", "2001:db8::/64"], nil),
        ] as [([String], String?)])
    func `service ranges are one or two, each a range`(ranges: [String], problem: String?) throws {
        let rules = try rules(GroupVersionResource("networking.k8s.io", "v1", "servicecidrs"))
        let made: Value = ["metadata": ["name": "x"], "spec": ["cidrs": Value(ranges)]]
        #expect(rules.validate(made).map(\.message) == (problem.map { [$0] } ?? []))
        #expect(rules.validateUpdate(["spec": ["cidrs": ["10.1.0.0/16"]]], made, "").count == 1)
    }
}

struct SelectorKeyTests {
    private func created(_ spec: Value) throws -> Value {
        var pod: Value = ["metadata": ["name": "p", "labels": ["app": "x", "version": "2"]], "spec": spec]
        let resource = try #require(Registry.builtIn().resource(GroupVersionResource("", "v1", "pods")))
        resource.rules.prepareForCreate(&pod)
        return pod
    }

    @Test func `a pod's own values of label keys become requirements of its terms`() throws {
        let selector: Value = ["matchLabels": ["app": "x"]]
        let term: Value = ["labelSelector": selector, "matchLabelKeys": ["version", "absent"], "mismatchLabelKeys": ["app"]]
        let pod = try created([
            "affinity": ["podAntiAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [term]]],
            "topologySpreadConstraints": [["labelSelector": selector, "matchLabelKeys": ["version"]]],
        ])
        let version: Value = ["key": "version", "operator": "In", "values": ["2"]]
        let terms = pod[path: "spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]?.array
        #expect(
            terms?[0][path: "labelSelector", "matchExpressions"] == [version, ["key": "app", "operator": "NotIn", "values": ["x"]]])
        let spread = pod[path: "spec", "topologySpreadConstraints"]?.array
        #expect(spread?[0][path: "labelSelector", "matchExpressions"] == [version])
    }
}
