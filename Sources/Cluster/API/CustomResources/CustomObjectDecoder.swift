import ClusterObjects

/// Reads a request body as an object of a custom resource: what the schema does not know is pruned, nulls that stand for absence go, whole
/// numbers are written as such. Whether values fit the schema says ``CustomValueRules``.
/// Source: apiextensions-apiserver, pkg/apiserver/schema/pruning and defaulting.
public enum CustomObjectDecoder {
    private static let mostLevels = 512

    /// - Throws: 400 for metadata of a wrong type.
    public static func decode(_ tree: Tree, _ resource: Resource) throws(APIError) -> ObjectDecoder.Decoded {
        var pruning = Pruning()
        var object = pruning.prune(tree, resource.schema, [], 0) ?? .emptyObject
        if let metadata = tree["metadata"], let schema = BuiltInSchemas.all.named("meta.v1.ObjectMeta") {
            // The unknown fields of metadata are known by now.
            object["metadata"] = try ObjectDecoder.decode(
                metadata, schema: schema, kind: resource.kind, version: resource.version
            ).value
        }
        return ObjectDecoder.Decoded(value: object, strictProblems: pruning.duplicates + pruning.unknown.sorted())
    }

    /// Removes what a schema does not know, without a word: of the version in which an object is kept.
    public static func prune(_ object: Value, _ schema: Schema) -> Value {
        var pruning = Pruning()
        return pruning.prune(object.tree, schema, [], 0) ?? .emptyObject
    }

    private struct Pruning {
        var duplicates: [String] = []
        var unknown: [String] = []

        /// Nil for a null that says nothing.
        mutating func prune(_ tree: Tree, _ schema: Schema, _ path: [String], _ level: Int) -> Value? {
            let node = schema.node
            if tree.isNull { return node.isNullable || node.default != nil || node.preservesUnknownFields ? .null : nil }
            guard level < mostLevels else { return tree.value }
            if tree.isObject {
                var fields = Fields()
                var seen: Set<String> = []
                for (key, value) in tree.fields {
                    let place = path + [key]
                    if !seen.insert(key).inserted {
                        duplicates.append("duplicate field \"\(place.joined(separator: "."))\"")
                    }
                    if let property = schema.property(key) {
                        fields[key] = prune(value, property, place, level + 1)
                    } else if node.preservesUnknownFields || (node.type == .any && !node.isEmbeddedResource) {
                        fields[key] = value.value
                    } else {
                        unknown.append("unknown field \"\(place.joined(separator: "."))\"")
                    }
                }
                return .object(fields)
            }
            if tree.isArray {
                let none = Schema(types: CustomObjectDecoder.nothing, index: 0)
                let items = schema.items ?? (node.preservesUnknownFields || node.type == .any ? .any : none)
                return .array(
                    tree.elements.enumerated().map { index, element in
                        var place = path
                        place.append((place.popLast() ?? "") + "[\(index)]")
                        return prune(element, items, place, level + 1) ?? .null
                    })
            }
            if node.type == .integer || node.type == .number, let whole = tree.int { return Value(whole) }
            return tree.value
        }
    }

    /// A type without fields.
    private static let nothing = SchemaSet(nodes: [SchemaFacts(type: .object)], names: [:])
}
