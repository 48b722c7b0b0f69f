import ClusterObjects

/// Reads a structural OpenAPI v3 schema of a custom resource as a ``Schema``, `apiVersion`, `kind` and `metadata` added.
public enum CustomSchema {
    /// Deeper schemas are cut off: what lies below is kept as it is.
    private static let mostLevels = 100

    public static func schema(of openAPI: Value) -> Schema {
        var builder = Builder()
        let root = builder.add(openAPI, isResource: true, level: 0)
        return Schema(types: SchemaSet(nodes: builder.nodes, names: [:]), index: root)
    }

    private struct Builder {
        var nodes: [SchemaFacts] = []
        /// Nodes of built-in types that are here already.
        var copied: [Int: Int] = [:]

        mutating func add(_ facts: Value, isResource: Bool, level: Int) -> Int {
            let index = nodes.count
            nodes.append(SchemaFacts(type: .any))
            var node = SchemaFacts(type: type(facts))
            node.preservesUnknownFields = facts["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
            guard level < mostLevels else {
                nodes[index].preservesUnknownFields = true
                return index
            }
            node.format = facts["format"]?.string ?? ""
            node.required = facts["required"]?.strings ?? []
            node.default = facts["default"]
            node.isNullable = facts["nullable"]?.bool ?? false
            node.isEmbeddedResource = facts["x-kubernetes-embedded-resource"]?.bool ?? false
            node.listType = facts["x-kubernetes-list-type"]?.string.flatMap(SchemaNode.ListType.init) ?? .atomic
            node.listMapKeys = facts["x-kubernetes-list-map-keys"]?.strings ?? []
            node.isAtomicMap = facts["x-kubernetes-map-type"]?.string == "atomic"
            node.constraints = constraints(facts)
            for (name, property) in facts["properties"]?.object ?? Fields() {
                node.properties[name] = add(property, isResource: false, level: level + 1)
            }
            if let items = facts["items"] { node.items = add(items, isResource: false, level: level + 1) }
            switch facts["additionalProperties"] {
            case .object(let values)?: node.additionalProperties = add(.object(values), isResource: false, level: level + 1)
            case .bool(true)?:
                node.additionalProperties = add(["x-kubernetes-preserve-unknown-fields": true], isResource: false, level: level + 1)
            default: break
            }
            if isResource || node.isEmbeddedResource { addIdentity(&node) }
            nodes[index] = node
            return index
        }

        /// The fields that every object has.
        private mutating func addIdentity(_ node: inout SchemaFacts) {
            node.type = .object
            for name in ["apiVersion", "kind"] {
                nodes.append(SchemaFacts(type: .string))
                node.properties[name] = nodes.count - 1
            }
            if let metadata = BuiltInSchemas.all.named("meta.v1.ObjectMeta") {
                node.properties["metadata"] = copy(metadata.index, of: metadata.types)
            }
        }

        private mutating func copy(_ source: Int, of types: SchemaSet) -> Int {
            if let index = copied[source] { return index }
            let index = nodes.count
            nodes.append(SchemaFacts(type: .any))
            copied[source] = index
            var node = types.nodes[source].facts
            for (name, property) in types.nodes[source].properties { node.properties[name] = copy(property, of: types) }
            node.items = types.nodes[source].items.map { copy($0, of: types) }
            node.additionalProperties = types.nodes[source].additionalProperties.map { copy($0, of: types) }
            nodes[index] = node
            return index
        }

        private func type(_ facts: Value) -> SchemaNode.ValueType {
            if facts["x-kubernetes-int-or-string"]?.bool == true { return .intOrString }
            return switch facts["type"]?.string {
            case "object": .object
            case "array": .array
            case "string": .string
            case "integer": .integer
            case "number": .number
            case "boolean": .boolean
            default: .any
            }
        }

        /// What the schema says of values beyond their structure, as it says it; nil for nothing.
        private func constraints(_ facts: Value) -> Value? {
            guard case .object(var fields) = facts else { return nil }
            for key in ["properties", "items", "additionalProperties"] { fields.removeValue(forKey: key) }
            return fields.isEmpty ? nil : .object(fields)
        }
    }
}
