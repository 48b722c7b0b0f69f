import ClusterAPI
import ClusterObjects

/// Checks one document by itself: that it is an object of a known kind with a name, and that its fields are those of its schema.
/// Rules across fields are the API server's to check when the object is applied.
struct ManifestCheck {
    let file: String
    let value: Value
    let source: SourceMap
    let kinds: KnownKinds

    func run() -> (object: LoadedObject?, problems: [LoadProblem]) {
        guard case .object = value else {
            let isPointer = value.string?.hasPrefix("version https://git-lfs.github.com/spec/") == true
            let message =
                isPointer
                ? "a pointer of Git LFS, whose content is not in git: take manifests out of LFS (git lfs untrack)"
                : "no API object: a manifest is a mapping with apiVersion and kind"
            return (nil, [problem([], "", message)])
        }
        let apiVersion = value["apiVersion"]?.string ?? ""
        let kind = value["kind"]?.string ?? ""
        guard !apiVersion.isEmpty, !kind.isEmpty else {
            let missing = apiVersion.isEmpty && kind.isEmpty ? "apiVersion and kind" : kind.isEmpty ? "kind" : "apiVersion"
            return (
                nil,
                [problem([], "", "no \(missing): add it, or name the file in \(IgnoreRules.fileName) when it is no manifest")]
            )
        }
        guard let version = GroupVersion(apiVersion: apiVersion) else {
            return (nil, [problem([.field("apiVersion")], "", "\"\(apiVersion)\" is no apiVersion: write group/version, or v1")])
        }
        let gvk = GroupVersionKind(version.group, version.version, kind)
        guard let known = kinds[gvk] else {
            let hint = kinds.suggestion(for: gvk).map { ": \($0)" } ?? ": is its CustomResourceDefinition missing?"
            return (nil, [problem([.field("kind")], "", "the cluster knows no kind \(kind) in \(apiVersion)\(hint)")])
        }
        let object = LoadedObject(value: value, gvk: gvk, kind: known, file: file, source: source)
        var found: [LoadProblem] = []
        if object.name.isEmpty {
            let generated = value[path: "metadata", "generateName"] != nil
            found.append(
                problem(
                    [.field("metadata"), .field("name")], kind,
                    generated ? "generateName makes a new object at every sync: give it a name" : "missing: an object needs a name"))
        }
        var walk = SchemaWalk(showsValues: !(gvk.group.isEmpty && gvk.kind == "Secret"))
        walk.check(value, against: known.schema, at: [])
        found.append(contentsOf: walk.findings.map { problem($0.path, object.id.description, $0.message) })
        return (object.name.isEmpty ? nil : object, found)
    }

    private func problem(_ path: [PathStep], _ object: String, _ message: String) -> LoadProblem {
        LoadProblem(
            file: file, position: source.position(of: path, in: value), object: object, field: path.fieldText, message: message)
    }
}

/// Compares a value with its schema: unknown fields and wrong types.
struct SchemaWalk {
    /// False for Secrets: no message holds what they hold.
    let showsValues: Bool
    private(set) var findings: [(path: [PathStep], message: String)] = []

    init(showsValues: Bool = true) { self.showsValues = showsValues }

    mutating func check(_ value: Value, against schema: Schema, at path: [PathStep]) {
        let node = schema.node
        if SchemaWalk.isQuantity(node) { return checkQuantity(value, at: path) }
        switch (value, node.type) {
        case (.null, _), (_, .any): return
        case (.object(let fields), .object): check(fields, schema, node, at: path)
        case (.array(let elements), .array):
            guard let items = schema.items else { return }
            for (index, element) in elements.enumerated() { check(element, against: items, at: path + [.index(index)]) }
        case (.string(let text), .string):
            if node.format == "byte", Base64.decode(text) == nil {
                add(path, "must be base64 (`stringData` takes plain text)")
            }
        case (.int, .string), (.double, .string): add(path, "must be text, and this reads as a number: quote it")
        case (.bool, .string): add(path, "must be text, and this reads as a boolean: quote it")
        case (.int, .integer), (.int, .number), (.double, .number), (.bool, .boolean), (.int, .intOrString), (.string, .intOrString):
            return
        default: add(path, "must be \(SchemaWalk.name(node.type)), not \(name(of: value))")
        }
    }

    private mutating func checkQuantity(_ value: Value, at path: [PathStep]) {
        switch value {
        case .null, .int, .double: return
        case .string(let text) where Quantity(text) != nil: return
        default: add(path, "\(name(of: value)) is no quantity: write e.g. 500m, 2, 128Mi")
        }
    }

    private mutating func check(_ fields: Fields, _ schema: Schema, _ node: SchemaNode, at path: [PathStep]) {
        // A type without declared fields or values is free-form.
        if node.properties.isEmpty, node.additionalProperties == nil { return }
        for (name, value) in fields {
            if let field = schema.property(name) {
                check(value, against: field, at: path + [.field(name)])
            } else if !node.preservesUnknownFields {
                let near = NearestName.of(name, among: node.properties.keys).map { ": did you mean \($0)?" } ?? ""
                add(path + [.field(name)], "unknown field\(near)")
            }
        }
    }

    private mutating func add(_ path: [PathStep], _ message: String) { findings.append((path, message)) }

    private static func isQuantity(_ node: SchemaNode) -> Bool { node.typeName.hasSuffix("resource.Quantity") }

    private static func name(_ type: SchemaNode.ValueType) -> String {
        switch type {
        case .object: "a mapping"
        case .array: "a list"
        case .string: "text"
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .intOrString: "a whole number or text"
        case .any: "anything"
        }
    }

    private func name(of value: Value) -> String {
        switch value {
        case .int where !showsValues, .double where !showsValues: "a number"
        case .string where !showsValues: "text"
        case .bool where !showsValues: "true or false"
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .int, .double: "the number \(value.jsonText)"
        case .string(let text): "the text \"\(text.prefix(40))\""
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}
