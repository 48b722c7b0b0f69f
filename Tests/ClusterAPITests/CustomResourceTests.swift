import ClusterAPI
import ClusterObjects
import Testing

private func json(_ text: String) throws -> Value { try Value(parsing: text) }

private func definition(_ schema: String, spec: String = "{}", version: String = "{}") throws -> Value {
    var first: Value = ["name": "v1", "served": true, "storage": true]
    first[path: "schema", "openAPIV3Schema"] = try json(schema)
    for (key, value) in try json(version).object ?? Fields() { first[key] = value }
    var object: Value = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": "widgets.example.com"],
        "spec": ["group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"], "versions": [first]],
    ]
    for (key, value) in try json(spec).object ?? Fields() { object[path: "spec", key] = value }
    return object
}

@Suite struct CustomResourceTests {
    let rules: ResourceRules

    init() throws {
        let name = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
        rules = try #require(Registry.builtIn().resource(name)).rules
    }

    private func prepared(_ definition: Value) -> Value {
        var definition = definition
        rules.setDefaults(&definition)
        rules.prepareForCreate(&definition)
        return definition
    }

    @Test func `a definition gets its names, conversion and status`() throws {
        let made = prepared(try definition(#"{"type":"object"}"#))
        #expect(made[path: "spec", "names"] == ["kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"])
        #expect(made[path: "spec", "conversion"] == ["strategy": "None"])
        #expect(made["status"] == (try json(#"{"acceptedNames":{"kind":"","plural":""},"conditions":null,"storedVersions":["v1"]}"#)))
        #expect(rules.validate(made).isEmpty)
    }

    @Test(arguments: [
        (#"{"type":"object","properties":{"a":{}}}"#, "properties[a].type: Required value: must not be empty for specified object fields"),
        (#"{"type":"string"}"#, #"type: Invalid value: "string": must be object at the root"#),
        (#"{"type":"object","properties":{"a":{"type":"array"}}}"#, "properties[a].items: Required value: must be specified"),
        (
            #"{"type":"object","properties":{"a":{"type":"weird"}}}"#,
            #"properties[a].type: Unsupported value: "weird": supported values: "array", "boolean", "integer", "number", "object", "string""#
        ),
        (
            #"{"type":"object","properties":{"metadata":{"type":"object","properties":{"labels":{"type":"object"}}}}}"#,
            "properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map"}}}"#,
            "properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map"
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}}}"#,
            "properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"},"x-kubernetes-list-type":"set"}}}"#,
            "properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"
        ),
    ])
    func `a schema that is not structural is refused`(schema: String, problem: String) throws {
        let problems = rules.validate(prepared(try definition(schema)))
        #expect(problems.map(\.message) == ["spec.validation.openAPIV3Schema.\(problem)"])
    }

    @Test(arguments: [
        (#"{"scope":"Sideways"}"#, [#"spec.scope: Unsupported value: "Sideways": supported values: "Cluster", "Namespaced""#]),
        (#"{"group":"other.com"}"#, [#"metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group"#]),
        (
            #"{"names":{"plural":"widgets"}}"#,
            ["spec.names.singular: Required value", "spec.names.kind: Required value", "spec.names.listKind: Required value"]
        ),
        (
            #"{"conversion":{"strategy":"Webhook"}}"#,
            [
                "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
                "spec.conversion.conversionReviewVersions: Required value",
            ]
        ),
        (
            #"{"versions":[]}"#,
            [
                "spec.versions: Invalid value: []: must have exactly one version marked as storage version",
                "status.storedVersions: Invalid value: null: must have at least one stored version",
            ]
        ),
    ])
    func `a definition that makes no sense is refused`(spec: String, problems: [String]) throws {
        #expect(rules.validate(prepared(try definition(#"{"type":"object"}"#, spec: spec))).map(\.message) == problems)
    }

    @Test func `a served version becomes a resource with its schema, columns and subresources`() throws {
        let made = prepared(
            try definition(
                #"{"type":"object","properties":{"spec":{"type":"object","properties":{"l":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","required":["k"],"properties":{"k":{"type":"string"}}}},"p":{"x-kubernetes-int-or-string":true},"n":{"type":"integer","default":3}}}}}"#,
                version:
                    #"{"subresources":{"status":{},"scale":{"specReplicasPath":".spec.n","statusReplicasPath":".status.n"}},"additionalPrinterColumns":[{"name":"N","type":"integer","jsonPath":".spec.n"}],"selectableFields":[{"jsonPath":".spec.n"}]}"#
            ))
        let resource = try #require(CustomResources.resources(of: CustomResourceDefinition(made)).first)
        #expect(resource.gvr == GroupVersionResource("example.com", "v1", "widgets"))
        #expect(resource.subresources.map(\.name) == ["status", "scale"])
        #expect(resource.subresource("scale")?.specReplicasPath == "spec.n")
        #expect(resource.columns.map(\.name) == ["Name", "N"])
        #expect(resource.selectableFields == ["spec.n"])
        let spec = try #require(resource.schema.property("spec"))
        #expect(spec.property("l")?.node.listMapKeys == ["k"])
        #expect(spec.property("p")?.type == .intOrString)
        #expect(spec.property("n")?.node.default == 3)
        #expect(resource.schema.property("metadata")?.property("labels")?.values?.type == .string)
        // Server-side apply knows the schema.
        let applied: Value = ["apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": ["l": [["k": "a"]]]]
        let object = try FieldManager(resource).apply(applied, live: nil, manager: "m", force: false, now: Timestamp(seconds: 0))
        let fields = object[path: "metadata", "managedFields"]?.array?.first?["fieldsV1"]
        #expect(fields == (try json(#"{"f:spec":{"f:l":{"k:{\"k\":\"a\"}":{".":{},"f:k":{}}}}}"#)))
    }

    @Test(arguments: [
        (#"{"spec":{"n":-1}}"#, [".spec.n: Invalid value: -1: should be a non-negative integer"]),
        (#"{"spec":{"n":2147483648}}"#, [".spec.n: Invalid value: 2147483648: should be less than or equal to 2147483647"]),
        (#"{"spec":{"n":1},"status":{"n":-2}}"#, [".status.n: Invalid value: -2: should be a non-negative integer"]),
        (#"{"spec":{"n":0}}"#, []),
    ])
    func `what can be scaled counts from nought to what 32 bits hold`(object: String, problems: [String]) throws {
        let count = #"{"type":"object","properties":{"n":{"type":"integer"}}}"#
        let made = prepared(
            try definition(
                #"{"type":"object","properties":{"spec":\#(count),"status":\#(count)}}"#,
                version: #"{"subresources":{"scale":{"specReplicasPath":".spec.n","statusReplicasPath":".status.n"}}}"#))
        let resource = try #require(CustomResources.resources(of: CustomResourceDefinition(made)).first)
        #expect(resource.rules.validate(try json(object)).map(\.message) == problems)
    }

    @Test func `another version keeps what the stored one knows, and unknown fields are named in order`() throws {
        let text = #"{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string"}}}}}"#
        var made = prepared(try definition(text))
        var second = try #require(made[path: "spec", "versions"]?.array?.first)
        second["name"] = "v2"
        second["storage"] = false
        second[path: "schema", "openAPIV3Schema", "properties", "spec", "properties", "b"] = ["type": "string"]
        made[path: "spec", "versions"] = .array((made[path: "spec", "versions"]?.array ?? []) + [second])
        let resources = CustomResources.resources(of: CustomResourceDefinition(made))
        let newer = try #require(resources.first { $0.version == "v2" })
        let body = try json(#"{"spec":{"z":1,"a":"1","b":"2","c":3}}"#)
        let decoded = try CustomObjectDecoder.decode(body.tree, newer)
        #expect(decoded.value["spec"] == ["a": "1", "b": "2"])
        #expect(decoded.strictProblems == [#"unknown field "spec.c""#, #"unknown field "spec.z""#])
        let schema = try #require(newer.storedSchema)
        #expect(CustomObjectDecoder.prune(decoded.value, schema)["spec"] == ["a": "1"])
        #expect(resources.first { $0.version == "v1" }?.storedSchema == nil)
    }

    @Test func `names that another definition has taken are not accepted`() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        var first = prepared(try definition(#"{"type":"object"}"#))
        first["status"] = AcceptedNames.status(of: first, others: [], now: now)
        #expect(CustomResourceDefinition(first).isEstablished)
        #expect(AcceptedNames.status(of: first, others: [], now: now) == nil)
        var second = prepared(
            try definition(#"{"type":"object"}"#, spec: #"{"names":{"plural":"gadgets","kind":"Widget","singular":"gadget"}}"#))
        second[path: "metadata", "name"] = "gadgets.example.com"
        second["status"] = AcceptedNames.status(of: second, others: [first], now: now)
        #expect(CustomResourceDefinition(second).condition("NamesAccepted") == "False")
        #expect(CustomResourceDefinition(second).condition("Established") == "False")
    }
}
