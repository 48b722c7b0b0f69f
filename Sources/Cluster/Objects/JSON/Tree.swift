/// An immutable JSON value: a place in a document's bytes, found through its tape.
///
/// Parsing costs one pass over the bytes and 4 bytes of tape a scalar; nothing is copied out until it is asked for.
/// Looking up a key is O(fields of that object).
public struct Tree: Sendable {
    /// The bytes of a document and its tape. Shared by all trees into it.
    final class Document: Sendable {
        let bytes: [UInt8]
        let tape: [UInt32]

        init(bytes: [UInt8], tape: [UInt32]) {
            self.bytes = bytes
            self.tape = tape
        }
    }

    let document: Document
    let index: Int

    init(_ document: Document, _ index: Int) {
        self.document = document
        self.index = index
    }

    /// Reads a whole document.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        let result: Result<[UInt32], JSONError> = bytes.withUnsafeBufferPointer { buffer in
            do throws(JSONError) { return .success(try TapeParser.parse(buffer, limits: limits)) } catch { return .failure(error) }
        }
        self.init(Document(bytes: bytes, tape: try result.get()), 0)
    }

    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }

    // MARK: - Words

    @inline(__always) private var word: UInt32 { document.tape[index] }
    @inline(__always) var kind: TapeParser.Kind { TapeParser.Kind(of: word) }
    /// Where its text begins in the bytes.
    @inline(__always) var offset: Int { Int(word & 0xFFF_FFFF) }
    /// Words of the tape that this value spans.
    @inline(__always) var span: Int {
        switch kind {
        case .array, .object: Int(document.tape[index + 1])
        default: 1
        }
    }

    /// Where the text of a scalar stands in the bytes; without the quotes of a string.
    @inline(__always) private var text: Range<Int> {
        let start = offset
        return document.bytes.withUnsafeBufferPointer { bytes in
            switch kind {
            case .null, .true: start..<start + 4
            case .false: start..<start + 5
            case .string: start..<JSONText.quote(in: bytes, from: start)
            case .escapedString: start..<JSONText.quote(in: bytes, afterEscapesFrom: start)
            case .int, .double: start..<JSONText.numberEnd(in: bytes, from: start)
            case .array, .object: start..<start
            }
        }
    }

    // MARK: - Kinds

    public var isNull: Bool { kind == .null }
    public var isObject: Bool { kind == .object }
    public var isArray: Bool { kind == .array }

    /// Elements of an array or fields of an object; 0 for a scalar. O(1).
    public var count: Int {
        switch kind {
        case .array, .object: Int(document.tape[index + 2])
        default: 0
        }
    }

    /// The text of a string, escapes resolved; nil for anything else.
    public var string: String? {
        switch kind {
        case .string: String(decoding: document.bytes[text], as: UTF8.self)
        case .escapedString: Tree.unescape(document.bytes[text])
        default: nil
        }
    }

    public var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The whole number held, also when written as `3.0` or `3e2`; nil for anything else.
    public var int: Int? {
        switch kind {
        case .int: small ?? Int(numberText)
        case .double: Double(numberText).flatMap { Int(exactly: $0) }
        default: nil
        }
    }

    public var double: Double? {
        switch kind {
        case .int, .double: Double(numberText)
        default: nil
        }
    }

    /// A whole number of few digits, as nearly all are.
    private var small: Int? {
        let text = text
        guard text.count <= 18 else { return nil }
        return document.bytes.withUnsafeBufferPointer { bytes in
            var result = 0
            var isNegative = false
            for position in text {
                let byte = bytes[position]
                if byte == UInt8(ascii: "-") { isNegative = true } else { result = result &* 10 &+ Int(byte &- UInt8(ascii: "0")) }
            }
            return isNegative ? -result : result
        }
    }

    /// A place found by the bytes of a string; nil where there is none, or this is no string without escapes.
    public func place(byPlainText body: (UnsafeBufferPointer<UInt8>) -> Int?) -> Int? {
        guard kind == .string else { return nil }
        let text = text
        return document.bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[text])) }
    }

    private var numberText: String { String(decoding: document.bytes[text], as: UTF8.self) }

    // MARK: - Children

    /// A field of an object; nil when absent or this is no object. Of repeated keys the last.
    public subscript(key: String) -> Tree? {
        guard kind == .object else { return nil }
        var key = key
        return key.withUTF8 { wanted -> Tree? in
            var found: Tree?
            var position = index + TapeParser.header
            let end = index + span
            while position < end {
                let name = Tree(document, position)
                let value = Tree(document, position + 1)
                if name.isKey(wanted) { found = value }
                position += 1 + value.span
            }
            return found
        }
    }

    /// The value at a path of keys; nil when any step is missing.
    public subscript(path keys: String...) -> Tree? {
        var current = self
        for key in keys {
            guard let next = current[key] else { return nil }
            current = next
        }
        return current
    }

    private func isKey(_ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        if kind == .escapedString { return string.map { $0.utf8.elementsEqual(wanted) } ?? false }
        let start = offset
        return document.bytes.withUnsafeBufferPointer { bytes in
            // A key ends in a quote, which none without escapes has within.
            guard start + wanted.count < bytes.count, bytes[start + wanted.count] == UInt8(ascii: "\"") else { return false }
            var position = 0
            while position < wanted.count {
                if bytes[start + position] != wanted[position] { return false }
                position += 1
            }
            return !wanted.contains(UInt8(ascii: "\""))
        }
    }

    /// The elements of an array in order; nothing for anything else.
    public var elements: Elements { Elements(tree: self) }

    /// The fields of an object in the order written; nothing for anything else.
    public var fields: FieldSequence { FieldSequence(tree: self) }

    /// The strings of an array; other elements are left out.
    public var strings: [String] { elements.compactMap(\.string) }

    /// The string-to-string map of an object; other values are left out.
    public var stringMap: [String: String] {
        var result: [String: String] = [:]
        for (key, value) in fields { if let text = value.string { result[key] = text } }
        return result
    }

    /// The bytes of this value as written.
    public var bytes: ArraySlice<UInt8> { document.bytes[extent] }

    /// Where it stands among the document's bytes.
    var extent: Range<Int> {
        switch kind {
        case .array, .object: return offset..<Int(document.tape[index + 3])
        case .string, .escapedString:
            let text = text
            return text.lowerBound - 1..<text.upperBound + 1
        default: return text
        }
    }

    /// A copy that can be edited. O(size). Of repeated keys the last wins.
    public var value: Value {
        switch kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .int:
            if let int = small.map(Int64.init) ?? Int64(numberText) { return .int(int) }
            return .double(Double(numberText) ?? 0)
        case .double: return .double(Double(numberText) ?? 0)
        case .string, .escapedString: return .string(string ?? "")
        case .array:
            var result: [Value] = []
            result.reserveCapacity(count)
            for element in elements { result.append(element.value) }
            return .array(result)
        case .object: return .object(fieldsCopied)
        }
    }

    private var fieldsCopied: Fields {
        var result: [Fields.Entry] = []
        result.reserveCapacity(count)
        for (key, child) in fields { result.append(Fields.Entry(key, child.value)) }
        return Fields(result)
    }

    static func unescape(_ raw: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var position = raw.startIndex
        func hex(_ at: Int) -> UInt32? {
            guard at + 4 <= raw.endIndex else { return nil }
            return raw[at..<at + 4].reduce(UInt32?(0)) { sum, byte in
                sum.flatMap { sum in TapeParser.hexDigit(byte).map { sum << 4 | $0 } }
            }
        }
        while position < raw.endIndex {
            guard raw[position] == UInt8(ascii: "\\"), position + 1 < raw.endIndex else {
                result.append(raw[position])
                position += 1
                continue
            }
            let code = raw[position + 1]
            position += 2
            switch code {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = hex(position) ?? 0xFFFD
                position += 4
                if 0xD800..<0xDC00 ~= scalar, position + 6 <= raw.endIndex, raw[position] == UInt8(ascii: "\\"),
                    raw[position + 1] == UInt8(ascii: "u"), let low = hex(position + 2), 0xDC00..<0xE000 ~= low
                {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    position += 6
                }
                // A lone surrogate reads as the replacement character, as in Go.
                result.append(contentsOf: String(UnicodeScalar(scalar) ?? "\u{FFFD}").utf8)
            default: result.append(code)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension Tree {
    /// The elements of an array, walked without copying.
    public struct Elements: Sequence, IteratorProtocol, Sendable {
        private let document: Document
        private var position: Int
        private let end: Int
        public let underestimatedCount: Int

        init(tree: Tree) {
            document = tree.document
            let isArray = tree.kind == .array
            position = tree.index + TapeParser.header
            end = isArray ? tree.index + tree.span : position
            underestimatedCount = isArray ? tree.count : 0
        }

        public mutating func next() -> Tree? {
            guard position < end else { return nil }
            let tree = Tree(document, position)
            position += tree.span
            return tree
        }
    }

    /// The fields of an object, walked without copying.
    public struct FieldSequence: Sequence, IteratorProtocol, Sendable {
        private let document: Document
        private var position: Int
        private let end: Int
        public let underestimatedCount: Int

        init(tree: Tree) {
            document = tree.document
            let isObject = tree.kind == .object
            position = tree.index + TapeParser.header
            end = isObject ? tree.index + tree.span : position
            underestimatedCount = isObject ? tree.count : 0
        }

        public mutating func next() -> (key: String, value: Tree)? {
            nextPair().map { ($0.key.string ?? "", $0.value) }
        }

        /// As ``next()``, with the key not yet made a string of.
        public mutating func nextPair() -> (key: Tree, value: Tree)? {
            guard position < end else { return nil }
            let key = Tree(document, position)
            let value = Tree(document, position + 1)
            position += 1 + value.span
            return (key, value)
        }
    }
}
