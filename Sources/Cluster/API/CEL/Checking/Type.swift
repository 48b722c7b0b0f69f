extension CEL {
    /// The type of an expression, as far as it is known before it runs.
    indirect enum TypeOf: Sendable, Hashable {
        /// Known only when it runs.
        case dyn
        /// Of an expression that is wrong, so that one mistake is told once.
        case error
        case null, bool, int, uint, double, string, bytes, timestamp, duration
        /// A type as a value; of what, if that is known.
        case type(TypeOf?)
        case list(TypeOf)
        case map(TypeOf, TypeOf)
        /// A structure with declared fields.
        case object(String)
        /// Stands for any one type in a function's declaration.
        case parameter(String)
        /// A type that only its own functions can look into: a quantity, an address, an optional value.
        case opaque(String, [TypeOf])
        /// Of a declaration: the result and the parameters.
        case function(result: TypeOf, parameters: [TypeOf])

        static let any = TypeOf.opaque("any", [])

        static func optional(_ wrapped: TypeOf) -> TypeOf { .opaque("optional_type", [wrapped]) }

        /// The value's type of an optional one.
        var wrapped: TypeOf? {
            if case .opaque("optional_type", let parameters) = self { parameters.first } else { nil }
        }

        var isDyn: Bool { self == .dyn || self == .any }
        var isDynOrError: Bool { isDyn || self == .error }

        /// How messages name it.
        var shown: String {
            switch self {
            case .dyn: "dyn"
            case .error: "!error!"
            case .null: "null"
            case .bool: "bool"
            case .int: "int"
            case .uint: "uint"
            case .double: "double"
            case .string: "string"
            case .bytes: "bytes"
            case .timestamp: "timestamp"
            case .duration: "duration"
            case .type(let of): of.map { "type(\($0.shown))" } ?? "type"
            case .list(let element): "list(\(element.shown))"
            case .map(let key, let value): "map(\(key.shown), \(value.shown))"
            case .object(let name), .parameter(let name): name
            case .opaque(let name, let parameters):
                parameters.isEmpty ? name : "\(name)(\(parameters.map(\.shown).joined(separator: ", ")))"
            case .function(let result, let parameters): "\(TypeOf.signature(parameters, isMember: false)) -> \(result.shown)"
            }
        }

        /// The types that a function is applied to, as messages show them.
        static func signature(_ types: [TypeOf], isMember: Bool) -> String {
            let arguments = isMember ? types.dropFirst() : types[...]
            let target = isMember ? (types.first?.shown ?? "") + "." : ""
            return "\(target)(\(arguments.map(\.shown).joined(separator: ", ")))"
        }

        /// The types it is made of.
        var parts: [TypeOf] {
            switch self {
            case .list(let element): [element]
            case .map(let key, let value): [key, value]
            case .type(let of): of.map { [$0] } ?? []
            case .opaque(_, let parameters): parameters
            case .function(let result, let parameters): [result] + parameters
            default: []
            }
        }

        /// The same with its parts changed.
        func mapParts(_ change: (TypeOf) -> TypeOf) -> TypeOf {
            switch self {
            case .list(let element): .list(change(element))
            case .map(let key, let value): .map(change(key), change(value))
            case .type(let of): .type(of.map(change))
            case .opaque(let name, let parameters): .opaque(name, parameters.map(change))
            case .function(let result, let parameters): .function(result: change(result), parameters: parameters.map(change))
            default: self
            }
        }
    }
}

extension CEL.TypeOf {
    /// The name that the type has as a value: `null_type`, `google.protobuf.Timestamp`.
    var valueName: String {
        switch self {
        case .null: "null_type"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list(let element): "list(\(element.valueName))"
        case .map(let key, let value): "map(\(key.valueName), \(value.valueName))"
        case .opaque(let name, let parameters) where !parameters.isEmpty:
            "\(name)(\(parameters.map(\.valueName).joined(separator: ", ")))"
        default: shown
        }
    }
}
