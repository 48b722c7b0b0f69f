extension CEL {
    /// A function by its name, with all the types it can be applied to.
    struct Function: Sendable {
        let name: String
        var overloads: [Overload]

        init(_ name: String, _ overloads: [Overload]) {
            self.name = name
            self.overloads = overloads
        }
    }

    /// One way in which a function can be called.
    struct Overload: Sendable {
        let id: String
        /// Called on its first argument: `a.f(b)`.
        let isMember: Bool
        let parameters: [TypeOf]
        let result: TypeOf
        /// The names that stand for any type.
        let typeParameters: [String]

        /// - Parameter signature: `(int, list(A)) -> A`, with a target before the parenthesis for a member: `string.(int) -> string`.
        ///   Single capital letters are type parameters; names with a dot are opaque types.
        init(_ id: String, _ signature: String) {
            self.id = id
            var reader = SignatureReader(signature)
            (isMember, parameters, result) = reader.signature()
            typeParameters = reader.typeParameters
        }
    }

    /// Reads the signatures that overloads are declared with.
    private struct SignatureReader {
        private var rest: Substring
        private(set) var typeParameters: [String] = []

        init(_ text: String) { rest = text[...] }

        mutating func signature() -> (isMember: Bool, parameters: [TypeOf], result: TypeOf) {
            var parameters: [TypeOf] = []
            let isMember = rest.first != "("
            if isMember {
                parameters.append(type())
                take(".")
            }
            parameters += list()
            take(" -> ")
            return (isMember, parameters, type())
        }

        private mutating func list() -> [TypeOf] {
            take("(")
            var result: [TypeOf] = []
            while !rest.isEmpty, rest.first != ")" {
                result.append(type())
                take(", ")
            }
            take(")")
            return result
        }

        private mutating func take(_ text: String) { if rest.hasPrefix(text) { rest.removeFirst(text.count) } }

        private mutating func type() -> TypeOf {
            var name = String(rest.prefix { $0.isLetter || $0 == "_" || $0 == "." || $0.isNumber })
            // The dot before a member's parenthesis is none of its type's name.
            if name.hasSuffix(".") { name.removeLast() }
            rest.removeFirst(name.count)
            let parts = rest.first == "(" ? list() : []
            switch name {
            case "dyn": return .dyn
            case "null": return .null
            case "bool": return .bool
            case "int": return .int
            case "uint": return .uint
            case "double": return .double
            case "string": return .string
            case "bytes": return .bytes
            case "timestamp": return .timestamp
            case "duration": return .duration
            case "type": return .type(parts.first)
            case "list": return .list(parts.first ?? .dyn)
            case "map": return .map(parts.first ?? .dyn, parts.last ?? .dyn)
            case "optional": return .optional(parts.first ?? .dyn)
            default:
                guard name.count == 1 else { return .opaque(name, parts) }
                if !typeParameters.contains(name) { typeParameters.append(name) }
                return .parameter(name)
            }
        }
    }
}
