import ClusterObjects

/// One step of a path in a ``FieldSet``: a field, an element of a list by its keys, a value of a set, or a position.
public struct PathElement: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable {
        case field, keys, value, index
    }

    /// As in fieldsV1: `f:name`, `k:{…}`, `v:…` or `i:0`, the JSON compact and the keys of an object sorted.
    public let encoded: String

    public static func field(_ name: String) -> PathElement { PathElement(encoded: "f:" + name) }
    static func keys(_ keys: Fields) -> PathElement { PathElement("k:", .object(keys)) }

    /// Of an element with one key, as most have.
    static func key(_ name: String, _ value: Value) -> PathElement {
        var writer = JSONWriter(capacity: 64)
        writer.raw("k:{")
        writer.write(name)
        writer.raw(":")
        writer.write(value)
        writer.raw("}")
        return PathElement(encoded: writer.text)
    }

    static func value(_ value: Value) -> PathElement { PathElement("v:", value) }
    static func index(_ index: Int) -> PathElement { PathElement(encoded: "i:\(index)") }

    /// Takes over what a set holds.
    init(encoded: String) { self.encoded = encoded }

    private init(_ kind: String, _ value: Value) {
        var writer = JSONWriter(capacity: 64)
        writer.raw(kind)
        writer.write(value)
        encoded = writer.text
    }

    /// Reads what ``encoded`` writes; nil for anything else.
    public init?(_ encoded: String) {
        guard encoded.utf8.dropFirst().first == UInt8(ascii: ":") else { return nil }
        switch encoded.utf8.first {
        case UInt8(ascii: "f"): self.encoded = encoded
        case UInt8(ascii: "k"):
            guard case .object(let keys)? = try? Value(parsing: String(encoded.dropFirst(2))) else { return nil }
            self = .keys(keys)
        case UInt8(ascii: "v"):
            guard let value = try? Value(parsing: String(encoded.dropFirst(2))) else { return nil }
            self = .value(value)
        case UInt8(ascii: "i"):
            guard let index = Int(encoded.dropFirst(2)) else { return nil }
            self = .index(index)
        default: return nil
        }
    }

    /// Whether a text begins as one of an element does.
    static func isNamed(_ encoded: String) -> Bool {
        func isNamed(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            guard bytes.count >= 2, bytes[1] == UInt8(ascii: ":") else { return false }
            switch bytes[0] {
            case UInt8(ascii: "f"), UInt8(ascii: "k"), UInt8(ascii: "v"), UInt8(ascii: "i"): return true
            default: return false
            }
        }
        return encoded.utf8.withContiguousStorageIfAvailable(isNamed) ?? Array(encoded.utf8).withUnsafeBufferPointer(isNamed)
    }

    public var kind: Kind {
        switch encoded.utf8.first {
        case UInt8(ascii: "k"): .keys
        case UInt8(ascii: "v"): .value
        case UInt8(ascii: "i"): .index
        default: .field
        }
    }

    /// The field's name; for the others compact JSON.
    public var text: String { String(encoded.dropFirst(2)) }

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

    public static func == (left: PathElement, right: PathElement) -> Bool { Fields.same(left.encoded, right.encoded) }
    public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}
