import ClusterAPI
import ClusterObjects

/// Fills in the defaults that a kind's schema states. Only values that say something: Kubernetes' OpenAPI gives `{}` to every field of a
/// struct type and `""` to every required string, which are no defaults.
enum SchemaDefaults {
    static func fill(_ value: inout Value, _ schema: Schema) {
        switch value {
        case .object:
            let node = schema.node
            guard !node.properties.isEmpty || node.additionalProperties != nil else { return }
            value.editFields { fields in
                for (name, index) in node.properties {
                    let property = Schema(types: schema.types, index: index)
                    if fields[name] == nil, let preset = property.node.default, isMeaningful(preset) { fields[name] = preset }
                }
                for entry in fields.entries {
                    guard let property = schema.property(entry.key), mayHold(property), hasParts(entry.value) else { continue }
                    var child = entry.value
                    fill(&child, property)
                    fields[entry.key] = child
                }
            }
        case .array:
            guard let items = schema.items, mayHold(items) else { return }
            value.editElements { elements in
                for index in elements.indices { fill(&elements[index], items) }
            }
        default: break
        }
    }

    private static func mayHold(_ schema: Schema) -> Bool { schema.type == .object || schema.type == .array }
    private static func hasParts(_ value: Value) -> Bool {
        switch value {
        case .object, .array: true
        default: false
        }
    }

    private static func isMeaningful(_ value: Value) -> Bool {
        switch value {
        case .null, .string(""), .int(0), .bool(false): false
        case .object(let fields): !fields.isEmpty
        default: true
        }
    }
}
