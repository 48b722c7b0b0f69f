import ClusterAPI
import ClusterObjects
import Testing

private func json(_ text: String) throws -> Value { try Value(parsing: text) }

@Suite struct JSONPatchTests {
    @Test(arguments: [
        (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
        (#"{"a":[1,2]}"#, #"[{"op":"add","path":"/a/-","value":3},{"op":"add","path":"/a/0","value":0}]"#, #"{"a":[0,1,2,3]}"#),
        (#"{"a":[1,2]}"#, #"[{"op":"remove","path":"/a/-1"}]"#, #"{"a":[1]}"#),
        (#"{"a":1}"#, #"[{"op":"replace","path":"/absent","value":2}]"#, #"{"a":1,"absent":2}"#),
        (#"{"m":{"x/y":1,"~":2}}"#, #"[{"op":"remove","path":"/m/x~1y"},{"op":"remove","path":"/m/~0"}]"#, #"{"m":{}}"#),
        (#"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a/b","path":"/c"},{"op":"copy","from":"/c","path":"/d"}]"#, #"{"a":{},"c":1,"d":1}"#),
        (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1},{"op":"test","path":"/none","value":null}]"#, #"{"a":1}"#),
    ])
    func `operations follow RFC 6902 as kube-apiserver reads it`(before: String, patch: String, after: String) throws {
        #expect(try JSONPatch.apply(json(patch), to: json(before)) == json(after))
    }

    @Test(arguments: [
        #"[{"op":"remove","path":"/none"}]"#, #"[{"op":"add","path":"/none/x","value":1}]"#, #"[{"op":"frob","path":"/a"}]"#,
        #"[{"op":"test","path":"/a","value":2}]"#, #"[{"op":"replace","path":"/l/7","value":1}]"#, #"[{"op":"add","path":"a","value":1}]"#,
        #"[{"op":"move","from":"/none","path":"/b"}]"#, #"[{}]"#, #"[{"op":"add","path":"/l/99999999999999999999","value":1}]"#,
    ])
    func `an operation that fails is a 422`(patch: String) throws {
        let error = #expect(throws: APIError.self) { try JSONPatch.apply(json(patch), to: json(#"{"a":1,"l":[1]}"#)) }
        #expect(error?.code == 422)
    }

    @Test func `more than ten thousand operations are refused`() throws {
        let patch = Value.array(Array(repeating: ["op": "test", "path": "/a", "value": 1], count: 10_001))
        let error = #expect(throws: APIError.self) { try JSONPatch.apply(patch, to: ["a": 1]) }
        #expect(error?.code == 413)
    }

    @Test func `copies that double an object are stopped`() throws {
        let patch = Value.array((0..<64).map { ["op": "copy", "from": "/a", "path": .string("/a/\($0)")] })
        let error = #expect(throws: APIError.self) { try JSONPatch.apply(patch, to: ["a": [:]]) }
        #expect(error?.code == 422)
    }
}

@Suite struct MergePatchTests {
    @Test func `null removes, objects merge, lists replace`() throws {
        let after = try MergePatch.apply(
            json(#"{"a":null,"m":{"x":null,"z":{"q":null,"r":1}},"l":[3]}"#),
            to: json(#"{"a":1,"m":{"x":1,"y":2},"l":[1,2]}"#))
        #expect(after == (try json(#"{"m":{"y":2,"z":{"r":1}},"l":[3]}"#)))
    }

    @Test(arguments: [
        ("null", "Invalid JSON Patch"),
        ("[]", "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ])
    func `what is no object is a bad request`(patch: String, message: String) throws {
        let error = #expect(throws: APIError.self) { try MergePatch.apply(json(patch), to: [:]) }
        #expect(error?.message == message)
    }
}

@Suite struct StrategicMergeTests {
    private static let deployment = GroupVersionKind("apps", "v1", "Deployment")

    private func patched(_ before: String, _ patch: String) throws -> Value {
        let schema = try #require(BuiltInSchemas.schema(of: Self.deployment))
        let object: Value = ["spec": ["template": ["spec": try json(before)]]]
        let change: Value = ["spec": ["template": ["spec": try json(patch)]]]
        let result = try StrategicMerge.apply(change, to: object, schema: schema)
        return result[path: "spec", "template", "spec"] ?? .null
    }

    @Test(arguments: [
        // What a patch names comes first, but not before what stood before it.
        (
            #"{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}"#,
            #"{"containers":[{"name":"b","image":"2"},{"name":"c"}]}"#,
            #"{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c"}]}"#
        ),
        (
            #"{"containers":[{"name":"a"},{"name":"b"}]}"#, #"{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}"#,
            #"{"containers":[{"name":"b"},{"name":"a"}]}"#
        ),
        (
            #"{"containers":[{"name":"a"},{"name":"b"}]}"#, #"{"containers":[{"name":"a","$patch":"delete"}]}"#,
            #"{"containers":[{"name":"b"}]}"#
        ),
        (#"{"containers":[{"name":"a"}]}"#, #"{"containers":[{"$patch":"replace"},{"name":"z"}]}"#, #"{"containers":[{"name":"z"}]}"#),
        (#"{"tolerations":[{"key":"a"}]}"#, #"{"tolerations":[{"key":"b"}]}"#, #"{"tolerations":[{"key":"b"}]}"#),
        (
            #"{"volumes":[{"name":"v","emptyDir":{}}]}"#,
            #"{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}"#,
            #"{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}"#
        ),
        (
            #"{"securityContext":{"runAsUser":1,"fsGroup":2}}"#, #"{"securityContext":{"$patch":"replace","runAsUser":7}}"#,
            #"{"securityContext":{"runAsUser":7}}"#
        ),
        (
            #"{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x"}]}]}"#,
            #"{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"y"},{"containerPort":81}]}]}"#,
            #"{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"y"},{"containerPort":81}]}]}"#
        ),
        (
            #"{}"#, #"{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","args":null}]}"#,
            #"{"containers":[{"name":"a"}]}"#
        ),
    ])
    func `lists merge by the keys of the schema`(before: String, patch: String, after: String) throws {
        #expect(try patched(before, patch) == json(after))
    }

    @Test(arguments: [
        (#"{"containers":[{"$patch":"frob","name":"a"}]}"#, "unknown patch type: frob in map: map[$patch:frob name:a]"),
        (#"{"$patch":"frob"}"#, "unknown patch type: frob in map: map[$patch:frob]"),
        (#"{"containers":[{"image":"noname"}]}"#, "map: map[image:noname] does not contain declared merge key: name"),
        (
            #"{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a","image":"a:2"}]}"#,
            "The order in patch list:\n[map[image:a:2 name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n"
        ),
    ])
    func `a patch without sense says why`(patch: String, message: String) throws {
        let error = #expect(throws: APIError.self) { try patched(#"{"containers":[{"name":"a"},{"name":"b"}]}"#, patch) }
        #expect(error?.message == message)
        #expect(error?.code == 500)
    }

    @Test func `finalizers merge as a set and are taken out by name`() throws {
        let schema = try #require(BuiltInSchemas.schema(of: Self.deployment))
        var object: Value = ["metadata": ["finalizers": ["x/1"]]]
        object = try StrategicMerge.apply(["metadata": ["finalizers": ["x/2", "x/1"]]], to: object, schema: schema)
        #expect(object == ["metadata": ["finalizers": ["x/2", "x/1"]]])
        object = try StrategicMerge.apply(
            ["metadata": ["$deleteFromPrimitiveList/finalizers": ["x/1"]]], to: object, schema: schema)
        #expect(object == ["metadata": ["finalizers": ["x/2"]]])
    }
}

@Suite struct PatchPropertyTests {
    /// Any value of a small world: objects of few keys, so that patches and objects meet.
    private func some(_ random: inout SplitMix, depth: Int = 3) -> Value {
        switch random.next() % (depth == 0 ? 4 : 6) {
        case 0: return .int(Int64(random.next() % 3))
        case 1: return .string(["a", "b", "$patch", "~/"][Int(random.next() % 4)])
        case 2: return .bool(random.next() % 2 == 0)
        case 3: return depth == 3 ? .emptyObject : .null
        case 4: return .array((0..<random.next() % 3).map { _ in some(&random, depth: depth - 1) })
        default:
            return .object(
                Fields(
                    (0..<random.next() % 4).map { _ in (["a", "b", "c/d", "name"][Int(random.next() % 4)], some(&random, depth: depth - 1))
                    }))
        }
    }

    /// A merge patch that turns one object into another, which must hold no nulls.
    private func difference(_ old: Value, _ new: Value) -> Value {
        guard case .object(let before) = old, case .object(let after) = new else { return new }
        var patch = Fields()
        for (key, _) in before where after[key] == nil { patch[key] = .null }
        for (key, value) in after where before[key] != value { patch[key] = before[key].map { difference($0, value) } ?? value }
        return .object(patch)
    }

    private func withoutNulls(_ value: Value) -> Value {
        switch value {
        case .object(let fields): .object(Fields(fields.filter { !$0.value.isNull }.map { ($0.key, withoutNulls($0.value)) }))
        case .array(let elements): .array(elements.filter { !$0.isNull }.map(withoutNulls))
        default: value
        }
    }

    @Test(arguments: 0..<200)
    func `a merge patch of a difference gives the target, twice`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let old: Value = ["x": withoutNulls(some(&random))]
        let new: Value = ["x": withoutNulls(some(&random))]
        let patch = difference(old, new)
        let once = try MergePatch.apply(patch, to: old)
        #expect(once == new)
        #expect(try MergePatch.apply(patch, to: once) == new)
        // Without a schema a strategic merge is a merge patch, where no key is a directive.
        #expect(try StrategicMerge.apply(patch, to: old, schema: .any) == new)
    }

    @Test(arguments: 0..<200)
    func `patches of any sense end in an object or an error`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed) &+ 1000)
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "Pod")))
        let object: Value = ["spec": ["containers": some(&random), "volumes": [["name": "a"]]], "metadata": ["finalizers": some(&random)]]
        let patch: Value = [
            "spec": ["containers": some(&random), "volumes": some(&random), "$setElementOrder/volumes": some(&random)],
            "metadata": ["$deleteFromPrimitiveList/finalizers": some(&random), "$retainKeys": some(&random)],
        ]
        _ = try? StrategicMerge.apply(patch, to: object, schema: schema)
        let operations = (0..<5).map { _ -> Value in
            [
                "op": .string(["add", "remove", "move", "copy", "test", "replace"][Int(random.next() % 6)]),
                "path": .string("/" + ["", "a", "b/a", "a/-", "a/0"][Int(random.next() % 5)]),
                "from": "/a", "value": some(&random),
            ]
        }
        _ = try? JSONPatch.apply(.array(operations), to: some(&random))
        let pods = FieldManager(try #require(Registry.builtIn().resource(GroupVersionResource("", "v1", "pods"))))
        var applied = object
        applied["apiVersion"] = "v1"
        applied["kind"] = "Pod"
        _ = pods.update(applied, old: patch, manager: "m", now: Timestamp(seconds: 0))
        _ = try? pods.apply(applied, live: patch, manager: "m", force: true, now: Timestamp(seconds: 0))
    }
}

@Suite struct PatchedTextTests {
    @Test func `a result that does not fit is quoted sorted where it was touched and in the struct's order elsewhere`() throws {
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "ConfigMap")))
        let before = try json(
            #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"uid":"u","name":"x","labels":{"b":"1","a":"1"}},"data":{"a":"1"}}"#)
        var patched = before
        patched[path: "data", "a"] = 1
        #expect(
            PatchedText.json(patched, before: before, schema: schema)
                == #"{"apiVersion":"v1","data":{"a":1},"kind":"ConfigMap","metadata":{"name":"x","uid":"u","labels":{"a":"1","b":"1"}}}"#)
        #expect(PatchedText.strategic(["data": ["a": 1]]) == "map[data:map[a:1]]")
    }
}
