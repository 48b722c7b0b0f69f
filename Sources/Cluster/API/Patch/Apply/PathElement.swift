import ClusterObjects

/// One step of a path in a ``FieldSet``: a field, an element of a list by its keys, a value of a set, or a position.
public struct PathElement: Sendable, Hashable, Comparable, CustomStringConvertible {
    public enum Kind: UInt8, Sendable {
        case field, keys, value, index
    }

    public let kind: Kind
    /// The field's name; for the others compact JSON, the keys of an object sorted.
    public let text: String

    public static func field(_ name: String) -> PathElement { PathElement(kind: .field, text: name) }
    static func keys(_ keys: Fields) -> PathElement { PathElement(kind: .keys, text: Value.object(keys).jsonText) }
    static func value(_ value: Value) -> PathElement { PathElement(kind: .value, text: value.jsonText) }
    static func index(_ index: Int) -> PathElement { PathElement(kind: .index, text: String(index)) }

    private init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// Reads `f:name`, `k:{…}`, `v:…` or `i:0`; nil for anything else.
    public init?(_ encoded: String) {
        guard encoded.utf8.count >= 2, encoded.utf8.dropFirst().first == UInt8(ascii: ":") else { return nil }
        let rest = String(encoded.dropFirst(2))
        switch encoded.utf8.first {
        case UInt8(ascii: "f"): self = .field(rest)
        case UInt8(ascii: "k"):
            guard case .object(let keys)? = try? Value(parsing: rest) else { return nil }
            self = .keys(keys)
        case UInt8(ascii: "v"):
            guard let value = try? Value(parsing: rest) else { return nil }
            self = .value(value)
        case UInt8(ascii: "i"):
            guard let index = Int(rest) else { return nil }
            self = .index(index)
        default: return nil
        }
    }

    /// As in fieldsV1.
    public var encoded: String {
        switch kind {
        case .field: "f:" + text
        case .keys: "k:" + text
        case .value: "v:" + text
        case .index: "i:" + text
        }
    }

    /// As in messages: `.image`, `[name="c"]`, `[="x"]`, `[0]`.
    public var description: String {
        switch kind {
        case .field: return "." + text
        case .keys:
            let keys = (try? Value(parsing: text))?.object ?? Fields()
            return "[" + keys.map { "\($0.key)=\($0.value.jsonText)" }.joined(separator: ",") + "]"
        case .value: return "[=\(text)]"
        case .index: return "[\(text)]"
        }
    }

    public static func < (left: PathElement, right: PathElement) -> Bool {
        if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
        return Fields.precedes(left.text, right.text)
    }

    public static func == (left: PathElement, right: PathElement) -> Bool {
        left.kind == right.kind && left.text.utf8.elementsEqual(right.text.utf8)
    }
}
