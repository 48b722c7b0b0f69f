import ClusterAPI
import ClusterObjects
import Testing

private func json(_ text: String) throws -> Value { try Value(parsing: text) }
private let now = Timestamp(seconds: 1_800_000_000)
private let later = Timestamp(seconds: 1_800_000_060)

extension Value {
    /// `manager operation[/subresource]` → what it manages.
    fileprivate var managers: [String: Value] {
        var result: [String: Value] = [:]
        for entry in self[path: "metadata", "managedFields"]?.array ?? [] {
            let subresource = entry["subresource"]?.string.map { "/\($0)" } ?? ""
            result["\(entry["manager"]?.string ?? "") \(entry["operation"]?.string ?? "")\(subresource)"] = entry["fieldsV1"]
        }
        return result
    }

    fileprivate var bare: Value {
        var copy = self
        copy[path: "metadata", "managedFields"] = nil
        // An empty map and none are the same to a ConfigMap.
        if copy["data"] == [:] { copy["data"] = nil }
        return copy
    }
}

private func configMap(_ data: [String: String]) -> Value {
    ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "x"], "data": Value(data)]
}

@Suite struct FieldManagerTests {
    let configMaps: FieldManager
    let pods: FieldManager
    let deployments: FieldManager

    init() throws {
        let registry = Registry.builtIn()
        configMaps = FieldManager(try #require(registry.resource(GroupVersionResource("", "v1", "configmaps"))))
        pods = FieldManager(try #require(registry.resource(GroupVersionResource("", "v1", "pods"))))
        deployments = FieldManager(try #require(registry.resource(GroupVersionResource("apps", "v1", "deployments"))))
    }

    private func apply(_ object: Value, _ live: Value?, _ manager: String, force: Bool = false) throws -> Value {
        try configMaps.apply(object, live: live, manager: manager, force: force, now: now)
    }

    @Test func `a creator manages what it set, not the structs around it`() throws {
        let pod = try json(
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80,"protocol":"TCP"}]}]},"status":{"phase":"Pending"}}"#
        )
        let managers = pods.update(pod, old: nil, manager: "kubectl-create", now: now).managers
        #expect(
            managers == [
                "kubectl-create Update": try json(
                    #"{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}}}}}}"#
                )
            ])
    }

    @Test func `an update takes what it changes and drops what it removes`() throws {
        let first = configMaps.update(configMap(["a": "1", "b": "1", "c": "1"]), old: nil, manager: "one", now: now)
        var changed = configMap(["a": "2", "b": "1"])
        changed[path: "metadata", "managedFields"] = first[path: "metadata", "managedFields"]
        let second = configMaps.update(changed, old: first, manager: "two", now: later)
        #expect(
            second.managers == [
                "one Update": try json(#"{"f:data":{".":{},"f:b":{}}}"#), "two Update": try json(#"{"f:data":{"f:a":{}}}"#),
            ])
        // The same again by a third changes nothing, not even a time.
        #expect(configMaps.update(second, old: second, manager: "three", now: later) == second)
    }

    @Test func `managedFields are cleared by an empty list and by an empty entry, and ignored when they make no sense`() throws {
        let first = configMaps.update(configMap(["a": "1"]), old: nil, manager: "one", now: now)
        for cleared: Value in [[], [[:]]] {
            var request = first
            request[path: "metadata", "managedFields"] = cleared
            #expect(configMaps.update(request, old: first, manager: "one", now: now).managers.isEmpty)
        }
        var request = first
        request[path: "metadata", "managedFields"] = [["manager": "evil", "operation": "Frob"]]
        #expect(configMaps.update(request, old: first, manager: "one", now: now) == first)
    }

    @Test func `the oldest updaters become ancient changes when there are more than ten`() throws {
        var object = configMaps.update(configMap(["k0": "1"]), old: nil, manager: "m0", now: now)
        for number in 1..<15 {
            var next = object
            next[path: "data", "k\(number)"] = "1"
            object = configMaps.update(next, old: object, manager: "m\(number)", now: now + Double(number))
        }
        #expect(object.managers.count == 10)
        #expect(
            object.managers["ancient-changes Update"]
                == (try json(#"{"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{},"f:k4":{},"f:k5":{}}}"#)))
    }

    @Test func `applying a field of another manager is a conflict that names it`() throws {
        let live = try apply(configMap(["a": "1", "c": "1"]), nil, "mgr-a")
        let one = #expect(throws: APIError.self) { try apply(configMap(["a": "2"]), live, "mgr-b") }
        #expect(one?.message == #"Apply failed with 1 conflict: conflict with "mgr-a": .data.a"#)
        #expect(one?.details?["causes"] == [["field": ".data.a", "message": "conflict with \"mgr-a\"", "reason": "FieldManagerConflict"]])
        let two = #expect(throws: APIError.self) { try apply(configMap(["a": "2", "c": "2"]), live, "mgr-b") }
        #expect(two?.message == "Apply failed with 2 conflicts: conflicts with \"mgr-a\":\n- .data.a\n- .data.c")
        let forced = try apply(configMap(["a": "2"]), live, "mgr-b", force: true)
        #expect(
            forced.managers == ["mgr-a Apply": try json(#"{"f:data":{"f:c":{}}}"#), "mgr-b Apply": try json(#"{"f:data":{"f:a":{}}}"#)])
    }

    @Test func `a field goes with its last applier`() throws {
        var live = try apply(configMap(["a": "1", "s": "1"]), nil, "mgr-a")
        live = try apply(configMap(["s": "1"]), live, "mgr-b")
        live = try apply(configMap(["a": "1"]), live, "mgr-a")
        #expect(live["data"] == ["a": "1", "s": "1"])
        live = try apply(configMap([:]), live, "mgr-b")
        #expect(live["data"] == ["a": "1"])
    }

    @Test func `what an updater set stays when an applier drops it`() throws {
        var live = try apply(configMap(["a": "1"]), nil, "mgr-a")
        var updated = live
        updated[path: "data", "u"] = "1"
        live = configMaps.update(updated, old: live, manager: "upd", now: now)
        live = try apply(configMap([:]), live, "mgr-a")
        #expect(live["data"] == ["u": "1"])
    }

    @Test(arguments: [
        (#"{"spec":{"nope":1}}"#, ".spec.nope: field not declared in schema"),
        (#"{"spec":{"replicas":"x"}}"#, ".spec.replicas: expected numeric (int or float), got string"),
        (
            #"{"spec":{"template":{"spec":{"containers":[{"name":"c"},{"name":"c"}]}}}}"#,
            #".spec.template.spec.containers: duplicate entries for key [name="c"]"#
        ),
    ])
    func `what does not fit the schema cannot be applied`(body: String, problem: String) throws {
        var object = try json(body)
        object["apiVersion"] = "apps/v1"
        object["kind"] = "Deployment"
        object["metadata"] = ["name": "x"]
        let error = #expect(throws: APIError.self) {
            try deployments.apply(object, live: nil, manager: "m", force: false, now: now)
        }
        #expect(error?.message == "failed to create typed patch object (/x; apps/v1, Kind=Deployment): \(problem)")
        #expect(error?.code == 500)
    }

    @Test func `kubectl takes over without conflict what its client-side apply has set`() throws {
        var object = configMap(["a": "1"])
        object[path: "metadata", "annotations"] = [
            "kubectl.kubernetes.io/last-applied-configuration": .string(configMap(["a": "1"]).jsonText)
        ]
        let live = configMaps.update(object, old: nil, manager: "kubectl-client-side-apply", now: now)
        let applied = try apply(configMap(["a": "2"]), live, "kubectl")
        #expect(applied["data"] == ["a": "2"])
        #expect(throws: APIError.self) { try apply(configMap(["a": "2"]), live, "other") }
    }

    @Test func `who scales manages the replicas of the object`() throws {
        let resource = try #require(Registry.builtIn().resource(GroupVersionResource("apps", "v1", "deployments")))
        let entries = try json(
            #"[{"apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:paused":{},"f:replicas":{}}},"manager":"a","operation":"Apply","time":"2027-01-15T08:00:00Z"}]"#
        )
        var scale: Value = ["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "x"], "spec": ["replicas": 1]]
        scale[path: "metadata", "managedFields"] = ScaleFields.scale(entries, resource: resource)
        var changed = scale
        changed[path: "spec", "replicas"] = 5
        let written = FieldManager(resource, subresource: "scale").update(changed, old: scale, manager: "scaler", now: now)
        var object: Value = ["metadata": [:]]
        object[path: "metadata", "managedFields"] = ScaleFields.parent(
            entries, scale: written[path: "metadata", "managedFields"], resource: resource)
        #expect(
            object.managers == [
                "a Apply": try json(#"{"f:spec":{"f:paused":{}}}"#), "scaler Update/scale": try json(#"{"f:spec":{"f:replicas":{}}}"#),
            ])
    }

    @Test(arguments: 0..<40)
    func `applies of any kind hold their promises`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let keys = ["a", "b", "c", "d", "e", "f"]
        func some(of keys: [String]) -> [String: String] {
            Dictionary(uniqueKeysWithValues: keys.filter { _ in random.next() % 2 == 0 }.map { ($0, "\(random.next() % 3)") })
        }
        let (mine, theirs) = (some(of: Array(keys[..<3])), some(of: Array(keys[3...])))
        // The order of appliers of different fields does not matter, and applying again changes nothing.
        let left = try apply(configMap(theirs), try apply(configMap(mine), nil, "m"), "t")
        let right = try apply(configMap(mine), try apply(configMap(theirs), nil, "t"), "m")
        #expect(left.bare == right.bare)
        #expect(left.managers == right.managers)
        #expect(try apply(configMap(mine), left, "m") == left)
        // Applying something else and then the first again gives the first back.
        let other = try apply(configMap(some(of: Array(keys[..<3]))), left, "m")
        #expect(try apply(configMap(mine), other, "m").bare == left.bare)
        // A field set survives its encoding.
        for fields in left.managers.values { #expect(FieldSet(fieldsV1: fields)?.fieldsV1 == fields) }
    }
}

/// A small generator of known sequence (Steele, Lea, Flood: SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
