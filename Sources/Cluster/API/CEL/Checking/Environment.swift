extension CEL {
    /// What the names in an expression can mean: variables, structures and functions.
    struct Environment: Sendable {
        /// A structure: the fields that may be selected.
        struct Structure: Sendable {
            var fields: [String: TypeOf]

            init(_ fields: [String: TypeOf]) { self.fields = fields }
        }

        var variables: [String: TypeOf] = [:]
        var structures: [String: Structure] = [:]
        var functions: [String: Function]

        init(functions: [String: Function] = Library.kubernetes) { self.functions = functions }

        /// The types that are names in every expression.
        private static let typeNames: [String: TypeOf] = [
            "bool": .bool, "bytes": .bytes, "double": .double, "int": .int, "list": .list(.parameter("A")),
            "map": .map(.parameter("A"), .parameter("B")), "null_type": .null, "string": .string, "type": .type(nil), "uint": .uint,
            "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration, "optional_type": .optional(.parameter("V")),
        ]

        /// The type of a name: of a variable, or of a type as a value.
        func type(of name: String) -> TypeOf? {
            if let type = variables[name] { return type }
            if let type = Environment.typeNames[name] { return .type(type) }
            return structures[name] == nil ? nil : .type(.object(name))
        }

        func function(_ name: String) -> Function? { functions[name] }
    }
}
