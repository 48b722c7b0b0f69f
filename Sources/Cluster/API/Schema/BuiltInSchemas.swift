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
        var nodes: [SchemaFacts] = []
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

        /// Reads each field of a fact once, in whatever order they stand.
        mutating func add(_ facts: Tree) -> Int {
            let index = nodes.count
            nodes.append(SchemaFacts(type: .any))
            var node = SchemaFacts(type: .any)
            var type = ""
            for (name, fact) in facts.fields {
                switch name {
                case "type": type = fact.string ?? ""
                case "format": node.format = fact.string ?? ""
                case "ref": if let target = fact.string { references.append((index, target)) }
                case "required": node.required = fact.strings
                case "default": node.default = fact.value
                case "list-type": node.listType = fact.string.flatMap(SchemaNode.ListType.init) ?? .atomic
                case "list-map-keys": node.listMapKeys = fact.strings
                case "map-type":
                    node.isAtomicMap = fact.string == "atomic"
                    node.isGranularMap = fact.string == "granular"
                case "patch-strategy": node.patchStrategies = fact.string?.split(separator: ",").map(String.init) ?? []
                case "patch-merge-key": node.patchMergeKey = fact.string ?? ""
                case "group-version-kind":
                    node.groupVersionKinds = fact.elements.map {
                        GroupVersionKind($0["group"]?.string ?? "", $0["version"]?.string ?? "", $0["kind"]?.string ?? "")
                    }
                case "properties":
                    node.properties.reserveCapacity(fact.count)
                    for (name, property) in fact.fields { node.properties[name] = add(property) }
                case "items": node.items = add(fact)
                case "additionalProperties": node.additionalProperties = add(fact)
                default: break
                }
            }
            let isFree = node.properties.isEmpty && node.additionalProperties == nil
            node.type = node.format == "int-or-string" ? .intOrString : BuiltInSchemas.valueType(type, isFree: isFree)
            nodes[index] = node
            return index
        }
    }

    private static func valueType(_ name: String, isFree: Bool) -> SchemaNode.ValueType {
        switch name {
        case "object": isFree ? .any : .object
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
