/// A JSON value that can be edited: the mutable draft of an API object.
///
/// Reading what is stored goes through ``Tree``; a `Value` is what patches, defaults and controllers build and change.
/// Objects keep their keys sorted by bytes, so two equal objects are written as the same bytes.
public enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([Value])
    case object(Fields)
}

extension Value {
    /// Texts are the same when their bytes are: String's own `==` takes an é of one code point for one of two, and a change from one to
    /// the other for none.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): Fields.same(a, b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        func combine(_ kind: UInt8, _ content: some Hashable) {
            hasher.combine(kind)
            hasher.combine(content)
        }
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let flag): combine(1, flag)
        case .int(let number): combine(2, number)
        case .double(let number): combine(3, number)
        case .string(let text):
            hasher.combine(4 as UInt8)
            hasher.combine(bytesOf: text)
        case .array(let elements): combine(5, elements)
        case .object(let fields): combine(6, fields)
        }
    }
}

extension Hasher {
    /// Tells apart texts whose bytes differ, which ``combine(_:)`` does not.
    mutating func combine(bytesOf text: String) {
        var text = text
        text.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
        combine(text.utf8.count)
    }
}

// Not by nil: `value["field"] = nil` removes the field, and must never be read as setting JSON's null.
extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
    /// A repeated key keeps its last value.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Fields(elements))
    }
}

extension Value {
    /// An object without fields.
    public static let emptyObject = Value.object(Fields())

    public init(_ value: Int) { self = .int(Int64(value)) }
    public init(_ value: String) { self = .string(value) }
    public init(_ value: Bool) { self = .bool(value) }
    public init(_ strings: [String]) { self = .array(strings.map(Value.string)) }
    public init(_ map: [String: String]) { self = .object(Fields(map.map { ($0.key, .string($0.value)) })) }

    public var isNull: Bool { if case .null = self { true } else { false } }
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [Value]? { if case .array(let value) = self { value } else { nil } }
    public var object: Fields? { if case .object(let value) = self { value } else { nil } }

    /// The whole number held, also when it was written as `3.0`; nil for anything else.
    public var int: Int? {
        switch self {
        case .int(let value): Int(value)
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The strings of an array; nil unless every element is one.
    public var strings: [String]? {
        guard case .array(let elements) = self else { return nil }
        var result: [String] = []
        result.reserveCapacity(elements.count)
        for element in elements {
            guard case .string(let text) = element else { return nil }
            result.append(text)
        }
        return result
    }

    /// The string-to-string map held; entries of another type are left out. Nil unless an object.
    public var stringMap: [String: String]? {
        guard case .object(let fields) = self else { return nil }
        var result: [String: String] = [:]
        for (key, value) in fields { if case .string(let text) = value { result[key] = text } }
        return result
    }

    /// A field of an object. Setting nil removes it; setting on anything that is not an object first makes it an empty one.
    public subscript(key: String) -> Value? {
        get { if case .object(let fields) = self { fields[key] } else { nil } }
        set {
            editFields { $0[key] = newValue }
        }
    }

    /// A field to be edited in place; absent or null it starts as `fallback`.
    public subscript(key: String, default fallback: Value) -> Value {
        get { if let found = self[key], !found.isNull { found } else { fallback } }
        _modify {
            var fields = takeFields()
            var value = fields.removeValue(forKey: key) ?? fallback
            if value.isNull { value = fallback }
            defer {
                fields[key] = value
                self = .object(fields)
            }
            yield &value
        }
    }

    /// The value at a path of two keys, which most are: without an array of them.
    public subscript(path first: String, second: String) -> Value? {
        get { if case .object(let fields)? = self[first] { fields[second] } else { nil } }
        set {
            guard newValue != nil || self[first] != nil else { return }
            editFields { $0.edit(first) { $0[second] = newValue } }
        }
    }

    /// The value at a path of object keys, as the same subscript over a collection.
    public subscript(path keys: String...) -> Value? {
        get { self[path: keys] }
        set { self[path: keys] = newValue }
    }

    /// The value at a path of object keys. Setting makes the objects on the way; setting nil removes the last key only.
    public subscript(path keys: some Collection<String>) -> Value? {
        get {
            var current = self
            for key in keys {
                guard let next = current[key] else { return nil }
                current = next
            }
            return current
        }
        set {
            guard let first = keys.first else {
                self = newValue ?? .null
                return
            }
            let rest = keys.dropFirst()
            if rest.isEmpty {
                self[first] = newValue
            } else if newValue != nil || self[first] != nil {
                self[first, default: .emptyObject][path: Array(rest)] = newValue
            }
        }
    }

    /// Edits the fields of an object without copying them; anything else becomes an empty object first.
    public mutating func editFields<Result>(_ body: (inout Fields) throws -> Result) rethrows -> Result {
        var fields = takeFields()
        defer { self = .object(fields) }
        return try body(&fields)
    }

    /// Edits the elements of an array without copying them; anything else becomes an empty array first.
    public mutating func editElements<Result>(_ body: (inout [Value]) throws -> Result) rethrows -> Result {
        var elements: [Value] = []
        if case .array(let current) = self { elements = current }
        self = .null
        defer { self = .array(elements) }
        return try body(&elements)
    }

    private mutating func takeFields() -> Fields {
        var fields = Fields()
        if case .object(let current) = self { fields = current }
        self = .null
        return fields
    }
}
