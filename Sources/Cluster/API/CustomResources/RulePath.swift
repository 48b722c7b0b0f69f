import ClusterObjects

/// A rule's `fieldPath`: `.spec.replicas`, `.labels['a.b']`, as a path in the objects of its schema.
/// Source: apiextensions-apiserver, pkg/apiserver/schema/cel/validation.go.
enum RulePath {
    /// Nil when the schema has no such field, or this is no path.
    static func path(_ text: String, in schema: Value) -> FieldPath? {
        var schema = schema
        var path = FieldPath()
        var tokens = tokens(of: text)[...]
        func enter(_ name: String) -> Bool {
            if let properties = schema["properties"]?.object, !properties.isEmpty {
                guard let property = properties[name] else { return false }
                schema = property
                path = path / name
            } else if let values = schema["additionalProperties"], values.object != nil {
                schema = values
                path = path.key(name)
            } else {
                return false
            }
            return true
        }
        while let token = tokens.popFirst() {
            switch token {
            case ".": guard let name = tokens.popFirst(), enter(name) else { return nil }
            case "[":
                guard let quoted = tokens.popFirst(), let name = unquoted(quoted), enter(name), tokens.popFirst() == "]" else { return nil }
            default: return nil
            }
        }
        return path
    }

    /// Split at dots and brackets, which are tokens themselves, outside of quotes.
    private static func tokens(of text: String) -> [String] {
        var tokens: [String] = []
        var current = ""
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if isQuoted {
                current.append(character)
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "'" {
                    isQuoted = false
                }
            } else if character == "." || character == "[" || character == "]" {
                if !current.isEmpty { tokens.append(current) }
                current = ""
                tokens.append(String(character))
            } else {
                if character == "'" { isQuoted = true }
                current.append(character)
            }
        }
        if !current.isEmpty { tokens.append(current) }
        return tokens
    }

    private static func unquoted(_ text: String) -> String? {
        guard text.count >= 2, text.first == "'", text.last == "'" else { return nil }
        var result = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if isEscaped {
                guard character == "'" || character == "\\" else { return nil }
                result.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return isEscaped ? nil : result
    }
}
