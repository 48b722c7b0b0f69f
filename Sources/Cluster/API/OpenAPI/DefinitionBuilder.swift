import ClusterObjects

/// Writes types as OpenAPI definitions, and remembers which others they refer to until these are written too.
struct DefinitionBuilder {
    let dialect: OpenAPIDialect
    private let types: [String: Tree]
    private(set) var definitions: [String: Value] = [:]
    private let kinds: [GroupVersionKind: String]

    init(_ dialect: OpenAPIDialect) {
        self.dialect = dialect
        var types: [String: Tree] = [:]
        var kinds: [GroupVersionKind: String] = [:]
        for (name, type) in Facts.types.fields {
            types[name] = type
            for gvk in type.elements("group-version-kind") { kinds[DefinitionBuilder.gvk(gvk)] = name }
        }
        self.types = types
        self.kinds = kinds
    }

    /// A reference to a kind's definition, which is added with all it needs; nil for one that is not known.
    mutating func reference(kind gvk: GroupVersionKind) -> Value? { kinds[gvk].map { reference(type: $0) } }

    /// A reference to a built-in type, e.g. `meta.v1.Status`.
    mutating func reference(type: String) -> Value {
        let name = DefinitionNames.builtIn(type)
        if definitions[name] == nil, let facts = types[type] {
            // Marks it as there before its fields are, as they may refer to it.
            definitions[name] = .emptyObject
            definitions[name] = definition(type, facts)
        }
        return dialect.reference(name)
    }

    /// A reference to a custom resource's definition or that of its list.
    mutating func reference(custom resource: Resource, isList: Bool) -> Value {
        let gvk = GroupVersionKind(resource.group, resource.version, isList ? resource.listKind : resource.kind)
        let name = DefinitionNames.custom(gvk)
        if definitions[name] == nil {
            definitions[name] = .emptyObject
            definitions[name] = isList ? list(of: resource) : custom(resource)
        }
        return dialect.reference(name)
    }

    private static func gvk(_ facts: Tree) -> GroupVersionKind {
        GroupVersionKind(facts.text("group"), facts.text("version"), facts.text("kind"))
    }

    private static func value(_ gvk: GroupVersionKind) -> Value {
        ["group": .string(gvk.group), "version": .string(gvk.version), "kind": .string(gvk.kind)]
    }

    // MARK: - Built-in types

    private mutating func definition(_ type: String, _ facts: Tree) -> Value {
        if dialect == .v2 {
            // Swagger cannot say "either of two types".
            if type == "util.intstr.IntOrString" { return ["type": "string", "format": "int-or-string"] }
            if type == "api.resource.Quantity" { return ["type": "string"] }
        }
        var definition = schema(facts)
        if !facts.elements("group-version-kind").map(DefinitionBuilder.gvk).isEmpty {
            describeIdentity(&definition)
        }
        return definition
    }

    private mutating func schema(_ facts: Tree) -> Value {
        var schema = Value.emptyObject
        for (key, value) in facts.fields {
            switch key {
            case "properties": schema[key] = .object(Fields(value.fields.map { ($0.key, property($0.value)) }))
            case "items", "additionalProperties": schema[key] = property(value)
            case "default": if dialect == .v3 { schema[key] = value.value }
            case "oneOf": if dialect == .v3 { schema[key] = value.value }
            case "group-version-kind": schema["x-kubernetes-group-version-kind"] = value.value
            case "list-type", "list-map-keys", "map-type", "patch-strategy", "patch-merge-key", "unions":
                schema["x-kubernetes-\(key)"] = value.value
            case "ref": break
            default: schema[key] = value.value
            }
        }
        return schema
    }

    private mutating func property(_ facts: Tree) -> Value {
        var schema = schema(facts)
        guard let type = facts["ref"]?.string else { return schema }
        let reference = reference(type: type)
        if dialect == .v2 {
            schema["$ref"] = reference["$ref"]
            return schema
        }
        // Beside a reference nothing may stand.
        if schema == .emptyObject { return reference }
        schema["allOf"] = [reference]
        return schema
    }

    // MARK: - Custom resources

    private mutating func custom(_ resource: Resource) -> Value {
        var definition = schema(resource.schema)
        describeIdentity(&definition)
        definition["x-kubernetes-group-version-kind"] = [DefinitionBuilder.value(resource.gvk)]
        return definition
    }

    private mutating func list(of resource: Resource) -> Value {
        var metadata = reference(type: "meta.v1.ListMeta")
        if dialect == .v3 { metadata = ["allOf": [metadata], "description": .string(ObjectDescriptions.metadata)] }
        var definition: Value = [
            "type": "object", "description": .string("\(resource.listKind) is a list of \(resource.kind)"), "required": ["items"],
            "properties": [
                "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": metadata,
                "items": [
                    "type": "array", "items": reference(custom: resource, isList: false),
                    "description": .string("List of \(resource.plural)."),
                ],
            ],
            "x-kubernetes-group-version-kind": [
                DefinitionBuilder.value(GroupVersionKind(resource.group, resource.version, resource.listKind))
            ],
        ]
        for name in ["apiVersion", "kind"] {
            definition[path: "properties", name, "description"] = .string(ObjectDescriptions.texts[name] ?? "")
        }
        return definition
    }

    private mutating func schema(_ schema: Schema) -> Value {
        let node = schema.node
        if node.typeName.hasPrefix("meta.v1.") { return reference(type: node.typeName) }
        var result = node.constraints ?? .emptyObject
        if dialect == .v2 { for key in DefinitionBuilder.unknownToSwagger { result[key] = nil } }
        if result["type"] == nil, let type = DefinitionBuilder.names[node.type], node.constraints == nil { result["type"] = .string(type) }
        if !node.properties.isEmpty {
            result["properties"] = .object(Fields(schema.properties.map { ($0.name, self.schema($0.schema)) }))
        }
        if let items = schema.items { result["items"] = self.schema(items) }
        if let values = schema.values { result["additionalProperties"] = self.schema(values) }
        return result
    }

    private static let unknownToSwagger = ["default", "nullable", "oneOf", "anyOf", "allOf", "not", "example"]
    private static let names: [SchemaNode.ValueType: String] = [
        .object: "object", .array: "array", .string: "string", .integer: "integer", .number: "number", .boolean: "boolean",
    ]

    // MARK: - What every object has

    private func describeIdentity(_ definition: inout Value) {
        for (name, text) in ObjectDescriptions.texts {
            guard var property = definition[path: "properties", name] else { continue }
            if name == "metadata", dialect == .v3, property["$ref"] != nil { property = ["allOf": [property]] }
            property["description"] = .string(text)
            definition[path: "properties", name] = property
        }
    }
}

/// Descriptions of the fields that every object has. Source: the API reference (Apache-2.0), as kube-apiserver answers them.
enum ObjectDescriptions {
    private static let conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"

    static let metadata = "Standard object's metadata. More info: \(conventions)#metadata"

    static let texts = [
        "apiVersion": """
        APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to \
        the latest internal value, and may reject unrecognized values. More info: \(conventions)#resources
        """,
        "kind": """
        Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the \
        client submits requests to. Cannot be updated. In CamelCase. More info: \(conventions)#types-kinds
        """,
        "metadata": metadata,
    ]
}
