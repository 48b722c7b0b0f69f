import ClusterObjects

extension CEL {
    /// The types that values of a structural OpenAPI schema have in expressions.
    /// Source: k8s.io/apiserver/pkg/cel/common, schemas.go.
    struct SchemaTypes {
        private static let deepest = 100

        /// The structures found, by the names made for them.
        private(set) var structures: [String: Environment.Structure] = [:]

        /// The type of a schema's values; nil for values that expressions cannot see, of which nothing is declared.
        /// - Parameters:
        ///   - name: what its structures' names begin with.
        ///   - isResource: it has `apiVersion`, `kind` and the names of its metadata, declared or not.
        mutating func type(of schema: Value, named name: String, isResource: Bool, level: Int = 0) -> TypeOf? {
            guard schema.object != nil, level < SchemaTypes.deepest else { return nil }
            if schema["x-kubernetes-int-or-string"]?.bool == true { return .dyn }
            switch schema["type"]?.string {
            case "array":
                guard let items = schema["items"] else { return nil }
                return child(items, "\(name).@idx", level).map(TypeOf.list)
            case "object":
                if let values = schema["additionalProperties"], values.object != nil {
                    return child(values, "\(name).@elem", level).map { .map(.string, $0) }
                }
                return structure(schema, name, isResource, level)
            case "string":
                switch schema["format"]?.string {
                case "byte": return .bytes
                case "duration": return .duration
                case "date", "date-time": return .timestamp
                default: return .string
                }
            case "boolean": return .bool
            case "number": return .double
            case "integer": return .int
            default: return nil
            }
        }

        private mutating func child(_ schema: Value, _ name: String, _ level: Int) -> TypeOf? {
            let isResource = schema["x-kubernetes-embedded-resource"]?.bool == true
            return type(of: schema, named: name, isResource: isResource, level: level + 1)
        }

        private mutating func structure(_ schema: Value, _ name: String, _ isResource: Bool, _ level: Int) -> TypeOf {
            var properties = schema["properties"]?.object ?? Fields()
            if isResource { SchemaTypes.addIdentity(&properties) }
            var fields: [String: TypeOf] = [:]
            for (property, schema) in properties {
                guard let escaped = Escaping.escape(property) else { continue }
                fields[escaped] = child(schema, "\(name).\(escaped)", level)
            }
            structures[name] = Environment.Structure(fields)
            return .object(name)
        }

        /// What rules of a resource always see of it.
        private static func addIdentity(_ properties: inout Fields) {
            let string: Value = ["type": "string"]
            properties["kind"] = string
            properties["apiVersion"] = string
            properties["metadata"] = ["type": "object", "properties": ["name": string, "generateName": string]]
        }
    }
}
