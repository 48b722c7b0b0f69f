import ClusterObjects

/// Prints a value as Go prints the internal struct it was decoded to, where Kubernetes' messages show one: fields in the order of
/// the struct, by their Go names, absent ones as their zero values.
enum GoStruct {
    /// On one line.
    static func text(_ value: Value, _ type: String) -> String { tree(value, type).compact }

    static func tree(_ value: Value, _ type: String) -> GoJSON {
        guard let fields = InternalStructs.types[type] else { return GoJSON(value) }
        return .object(fields.map { field in (field.name, field.tree(value[field.key])) })
    }
}

/// A field of an internal struct.
struct GoField {
    enum Kind {
        case text, number, flag, raw
        case pointer(String), embedded(String), list(String)
    }

    var key: String
    var name: String
    var kind: Kind

    /// `key`, or `key=Name`, with a mark: none for a string, `#` number, `!` flag, `*` nullable, `*T` pointer to a struct,
    /// `:T` a struct itself, `[]T` list of structs.
    init(_ text: Substring) {
        var text = text
        var (mark, type) = ("", "")
        for candidate in ["[]", "*", ":", "#", "!"] {
            if let range = text.firstRange(of: candidate) {
                (mark, type) = (candidate, String(text[range.upperBound...]))
                text = text[..<range.lowerBound]
                break
            }
        }
        let parts = text.split(separator: "=").map(String.init)
        key = parts.first ?? ""
        name = parts.count > 1 ? parts[1] : key.prefix(1).uppercased() + key.dropFirst()
        kind =
            switch mark {
            case "#": .number
            case "!": .flag
            case "*": type.isEmpty ? .raw : .pointer(type)
            case ":": .embedded(type)
            case "[]": type.isEmpty ? .raw : .list(type)
            default: .text
            }
    }

    func tree(_ value: Value?) -> GoJSON {
        let value = value.flatMap { $0.isNull ? nil : $0 }
        switch kind {
        case .text: return .scalar((value ?? "").jsonText)
        case .number: return .scalar((value ?? 0).jsonText)
        case .flag: return .scalar((value ?? false).jsonText)
        case .raw: return value.map(GoJSON.init) ?? .scalar("null")
        case .pointer(let type): return value.map { GoStruct.tree($0, type) } ?? .scalar("null")
        case .embedded(let type): return GoStruct.tree(value ?? .emptyObject, type)
        case .list(let type): return value?.array.map { .list($0.map { GoStruct.tree($0, type) }) } ?? .scalar("null")
        }
    }
}

/// JSON whose objects keep the order of their fields.
indirect enum GoJSON {
    case scalar(String)
    case list([GoJSON])
    case object([(String, GoJSON)])

    init(_ value: Value) {
        switch value {
        case .array(let elements): self = .list(elements.map(GoJSON.init))
        case .object(let fields): self = .object(fields.map { ($0.key, GoJSON($0.value)) })
        default: self = .scalar(value.jsonText)
        }
    }

    /// An object's fields by name in an order, as a struct with JSON names has them; absent ones are left out.
    init(_ value: Value, order: [String]) {
        self = .object(order.compactMap { key in value[key].map { (key, GoJSON($0)) } })
    }

    /// On one line, as Go's encoder writes it: what HTML could take for its own is escaped.
    var compact: String {
        switch self {
        case .scalar(let text):
            text.contains { "<>&".contains($0) }
                ? text.replacing("<", with: "\\u003c").replacing(">", with: "\\u003e").replacing("&", with: "\\u0026") : text
        case .list(let elements): "[" + elements.map(\.compact).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { "\(Value.string($0.0).jsonText):\($0.1.compact)" }.joined(separator: ",") + "}"
        }
    }

    /// As lines, each level a space deeper.
    var lines: [String] {
        switch self {
        case .scalar(let text): return [text]
        case .list(let elements): return GoJSON.block("[", "]", elements.map { ("", $0) })
        case .object(let fields): return GoJSON.block("{", "}", fields.map { ("\(Value.string($0.0).jsonText): ", $0.1) })
        }
    }

    private static func block(_ open: String, _ close: String, _ parts: [(String, GoJSON)]) -> [String] {
        if parts.isEmpty { return [open + close] }
        var lines = [open]
        for (index, (prefix, part)) in parts.enumerated() {
            var inner = part.lines
            inner[0] = prefix + inner[0]
            if index < parts.count - 1 { inner[inner.count - 1] += "," }
            lines += inner.map { " " + $0 }
        }
        return lines + [close]
    }
}
