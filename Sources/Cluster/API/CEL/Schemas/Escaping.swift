extension CEL {
    /// Names of fields as expressions spell them: `my-field` is `my__dash__field`, `namespace` is `__namespace__`.
    /// Source: k8s.io/apiserver/pkg/cel, escaping.go.
    enum Escaping {
        fileprivate static let reserved: Set<String> = [
            "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
            "package", "namespace", "return", "var", "void", "while",
        ]

        /// Nil for a name that no expression can spell.
        static func escape(_ name: String) -> String? {
            guard let first = name.unicodeScalars.first, !("0"..."9" ~= first) else { return nil }
            if reserved.contains(name) { return "__\(name)__" }
            var result = ""
            var rest = Array(name.unicodeScalars)[...]
            while let scalar = rest.popFirst() {
                switch scalar {
                case "_":
                    if rest.first == "_" {
                        rest.removeFirst()
                        result += "__underscores__"
                    } else {
                        result += "_"
                    }
                case ".": result += "__dot__"
                case "-": result += "__dash__"
                case "/": result += "__slash__"
                default:
                    guard Lexer.isLetter(scalar) || Lexer.isDigit(scalar) else { return nil }
                    result.unicodeScalars.append(scalar)
                }
            }
            return result
        }
    }
}

extension CEL.Escaping {
    private static let sequences = ["__underscores__": "__", "__dot__": ".", "__dash__": "-", "__slash__": "/"]

    /// The name of the field that an expression spells so.
    static func unescape(_ name: String) -> String {
        guard name.contains("__") else { return name }
        if name.hasPrefix("__"), name.hasSuffix("__"), name.count > 4, reserved.contains(String(name.dropFirst(2).dropLast(2))) {
            return String(name.dropFirst(2).dropLast(2))
        }
        var result = ""
        var rest = name[...]
        while !rest.isEmpty {
            if let (sequence, plain) = sequences.first(where: { rest.hasPrefix($0.key) }) {
                result += plain
                rest = rest.dropFirst(sequence.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }
}
