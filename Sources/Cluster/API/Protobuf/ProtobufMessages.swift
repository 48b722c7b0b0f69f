import ClusterObjects

/// The protobuf messages of the built-in kinds, from the embedded facts: field number → JSON name and type.
enum ProtobufMessages {
    struct Field: Sendable {
        enum Shape: Sendable { case single, list, map, inline }

        var name: String
        var type: String
        var shape: Shape
        /// Among the fields of the Go struct, in whose order the facts are written.
        var place: Int
    }

    /// Type name, as in ``BuiltInSchemas`` → its fields by number.
    static let all: [String: [UInt64: Field]] = {
        var result: [String: [UInt64: Field]] = [:]
        for (type, facts) in Facts.protobuf.fields {
            var fields: [UInt64: Field] = [:]
            for (place, (number, fact)) in facts.fields.enumerated() {
                let parts = fact.strings
                guard let number = UInt64(number), parts.count >= 2 else { continue }
                let shape: Field.Shape =
                    switch parts.count > 2 ? parts[2] : "" {
                    case "list": .list
                    case "map": .map
                    case "inline": .inline
                    default: .single
                    }
                fields[number] = Field(name: parts[0], type: parts[1], shape: shape, place: place)
            }
            result[type] = fields
        }
        return result
    }()
}
