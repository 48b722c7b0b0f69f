import CFacts
import ClusterObjects

/// The types of Kubernetes 1.36, read once from the facts embedded in the binary.
public enum BuiltInSchemas {
    /// Every named type, e.g. `apps.v1.Deployment`.
    public static let all: SchemaSet = {
        var builder = Builder()
        builder.read(Facts.types)
        return SchemaSet(nodes: builder.nodes, names: builder.names)
    }()

    private struct Builder {
        var nodes: [SchemaNode] = []
        var names: [String: Int] = [:]
        /// Field node → type it refers to; filled in once every type is known.
        var references: [(node: Int, name: String)] = []

        mutating func read(_ types: Tree) {
            for (name, type) in types.fields {
                let index = add(type)
                nodes[index].typeName = name
                names[name] = index
            }
            for (node, name) in references {
                guard let target = names[name] else { continue }
                var copy = nodes[target]
                copy.default = nodes[node].default
                // What the field says of merging goes before what its type says.
                if !nodes[node].patchStrategies.isEmpty { copy.patchStrategies = nodes[node].patchStrategies }
                if nodes[node].isGranularMap { copy.isAtomicMap = false }
                nodes[node] = copy
            }
        }

        mutating func add(_ facts: Tree) -> Int {
            let index = nodes.count
            nodes.append(SchemaNode(type: .any))
            var node = SchemaNode(type: BuiltInSchemas.valueType(facts))
            node.format = facts["format"]?.string ?? ""
            node.required = facts["required"]?.strings ?? []
            node.default = facts["default"]?.value
            node.listType = facts["list-type"]?.string.flatMap(SchemaNode.ListType.init) ?? .atomic
            node.listMapKeys = facts["list-map-keys"]?.strings ?? []
            node.isAtomicMap = facts["map-type"]?.string == "atomic"
            node.isGranularMap = facts["map-type"]?.string == "granular"
            node.patchStrategies = facts["patch-strategy"]?.string?.split(separator: ",").map(String.init) ?? []
            node.patchMergeKey = facts["patch-merge-key"]?.string ?? ""
            node.groupVersionKinds = facts.elements("group-version-kind").map {
                GroupVersionKind($0["group"]?.string ?? "", $0["version"]?.string ?? "", $0["kind"]?.string ?? "")
            }
            for (name, property) in facts["properties"]?.fields ?? Tree.noFields { node.properties[name] = add(property) }
            node.items = facts["items"].map { add($0) }
            node.additionalProperties = facts["additionalProperties"].map { add($0) }
            nodes[index] = node
            if let name = facts["ref"]?.string { references.append((index, name)) }
            return index
        }
    }

    private static func valueType(_ facts: Tree) -> SchemaNode.ValueType {
        if facts["format"]?.string == "int-or-string" { return .intOrString }
        return switch facts["type"]?.string {
        case "object": facts["properties"] == nil && facts["additionalProperties"] == nil ? .any : .object
        case "array": .array
        case "string": .string
        case "integer": .integer
        case "number": .number
        case "boolean": .boolean
        default: .any
        }
    }
}

/// The facts of Kubernetes' API that the binary carries, as parsed documents.
public enum Facts {
    static var types: Tree { read(skiff_types_json_bytes()) }
    static var resources: Tree { read(skiff_resources_json_bytes()) }
    static var tables: Tree { read(skiff_tables_json_bytes()) }
    static var protobuf: Tree { read(skiff_protobuf_json_bytes()) }
    /// Lists of the roles and bindings of every new cluster, by plural: `{name, namespace, labels, annotations, rules, …}`.
    public static var bootstrapRBAC: Tree { read(skiff_bootstrap_rbac_json_bytes()) }

    private static func read(_ bytes: skiff_fact) -> Tree {
        let buffer = UnsafeBufferPointer(start: bytes.start, count: bytes.size)
        // A damaged embedded file would be a broken build, which every test would show.
        return (try? Tree(parsing: Array(buffer))) ?? Value.emptyObject.tree
    }
}

extension Tree {
    /// No fields, for `tree["map"]?.fields ?? Tree.noFields`.
    public static let noFields: FieldSequence = Value.null.tree.fields
}
