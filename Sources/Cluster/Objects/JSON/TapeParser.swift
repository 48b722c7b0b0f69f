/// Reads JSON text (RFC 8259) into a tape. The one JSON reader of Skiff: it checks everything, so whoever reads a tape need not.
///
/// A tape has one 32-bit word a scalar or key: `kind (4 bits) | offset (28)`, the offset of a string being that of its text. Where a scalar
/// ends is seen in the bytes. A container has three words more: how many words it spans, how many elements or fields it has, and the
/// offset behind it.
struct TapeParser {
    enum Kind: UInt32 {
        case null, `true`, `false`, int, double, string, escapedString, array, object

        /// The kind that a word says; written out, as it is asked for all the time.
        @inline(__always)
        init(of word: UInt32) {
            switch word >> 28 {
            case 1: self = .true
            case 2: self = .false
            case 3: self = .int
            case 4: self = .double
            case 5: self = .string
            case 6: self = .escapedString
            case 7: self = .array
            case 8: self = .object
            default: self = .null
            }
        }
    }

    /// Words of a container before its first child.
    static let header = 4

    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var position = 0
    private(set) var tape: [UInt32] = []
    private var sawNonASCII = false

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONError) -> [UInt32] {
        guard bytes.count <= limits.size else {
            throw JSONError("the document is \(bytes.count) bytes long, more than the \(limits.size) allowed", at: limits.size)
        }
        var parser = TapeParser(bytes, limits)
        parser.tape.reserveCapacity(bytes.count / 6 + 16)
        try parser.parseDocument()
        if parser.sawNonASCII { try parser.checkUTF8() }
        return parser.tape.withoutSlack
    }

    @inline(__always)
    private mutating func add(_ kind: Kind, _ offset: Int) { tape.append(kind.rawValue << 28 | UInt32(truncatingIfNeeded: offset)) }

    // MARK: - Grammar

    private struct Open {
        var start: Int
        var count: Int
        var isObject: Bool
    }

    private mutating func parseDocument() throws(JSONError) {
        var open: [Open] = []
        skipSpace()
        scanning: while true {
            // A value starts here.
            guard position < bytes.count else { throw endOfInput() }
            switch bytes[position] {
            case UInt8(ascii: "{"):
                try enter(isObject: true, &open)
                skipSpace()
                if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
                    position += 1
                    close(&open)
                } else {
                    try parseKey("looking for beginning of object key string")
                    continue scanning
                }
            case UInt8(ascii: "["):
                try enter(isObject: false, &open)
                skipSpace()
                if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
                    position += 1
                    close(&open)
                } else {
                    continue scanning
                }
            case UInt8(ascii: "\""): try parseString()
            case UInt8(ascii: "t"): try parseLiteral("true", .true)
            case UInt8(ascii: "f"): try parseLiteral("false", .false)
            case UInt8(ascii: "n"): try parseLiteral("null", .null)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
            default: throw unexpected("looking for beginning of value")
            }
            // A value has ended: close what ends with it, then go to the next.
            while true {
                skipSpace()
                guard let top = open.last else {
                    guard position == bytes.count else { throw unexpected("after top-level value") }
                    return
                }
                open[open.count - 1].count += 1
                guard position < bytes.count else { throw endOfInput() }
                let byte = bytes[position]
                if byte == UInt8(ascii: ",") {
                    position += 1
                    skipSpace()
                    if top.isObject { try parseKey("looking for beginning of object key string") }
                    continue scanning
                }
                guard byte == (top.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw unexpected(top.isObject ? "after object key:value pair" : "after array element")
                }
                position += 1
                close(&open)
            }
        }
    }

    private mutating func enter(isObject: Bool, _ open: inout [Open]) throws(JSONError) {
        guard open.count < limits.depth else {
            throw JSONError("exceeded max depth of \(limits.depth)", at: position)
        }
        open.append(Open(start: tape.count, count: 0, isObject: isObject))
        add(isObject ? .object : .array, position)
        for _ in 1..<TapeParser.header { tape.append(0) }
        position += 1
    }

    private mutating func close(_ open: inout [Open]) {
        guard let ended = open.popLast() else { return }
        tape[ended.start + 1] = UInt32(truncatingIfNeeded: tape.count - ended.start)
        tape[ended.start + 2] = UInt32(truncatingIfNeeded: ended.count)
        tape[ended.start + 3] = UInt32(truncatingIfNeeded: position)
    }

    private mutating func parseKey(_ expectation: String) throws(JSONError) {
        guard position < bytes.count else { throw endOfInput() }
        guard bytes[position] == UInt8(ascii: "\"") else { throw unexpected(expectation) }
        try parseString()
        skipSpace()
        guard position < bytes.count else { throw endOfInput() }
        guard bytes[position] == UInt8(ascii: ":") else { throw unexpected("after object key") }
        position += 1
        skipSpace()
    }

    // MARK: - Scalars

    private mutating func parseString() throws(JSONError) {
        position += 1
        let start = position
        var escaped = false
        while true {
            position = plainEnd(from: position)
            guard position < bytes.count else { break }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                add(escaped ? .escapedString : .string, start)
                position += 1
                return
            }
            if byte == UInt8(ascii: "\\") {
                escaped = true
                position += 1
                try parseEscape()
                continue
            }
            if byte < 0x20 { throw unexpected("in string literal") }
            if byte >= 0x80 { sawNonASCII = true }
            position += 1
        }
        throw endOfInput()
    }

    /// Where the next byte stands that is no plain part of a string, or is not ASCII, or is one of the last seven of the document.
    @inline(__always)
    private func plainEnd(from start: Int) -> Int {
        var position = start
        while position + 8 <= bytes.count {
            let word = JSONText.word(bytes, at: position)
            let found = JSONText.special(word) | JSONText.nonASCII(word)
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        return position
    }

    private mutating func parseEscape() throws(JSONError) {
        guard position < bytes.count else { throw endOfInput() }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard position < bytes.count else { throw endOfInput() }
                guard TapeParser.hexDigit(bytes[position]) != nil else { throw unexpected("in \\u hexadecimal character escape") }
                position += 1
            }
        default: throw unexpected("in string escape code")
        }
    }

    private mutating func parseNumber() throws(JSONError) {
        let start = position
        var kind = Kind.int
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard position < bytes.count else { throw endOfInput() }
        if bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits("in numeric literal")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            kind = .double
            position += 1
            try digits("after decimal point in numeric literal")
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            kind = .double
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position += 1 }
            try digits("in exponent of numeric literal")
        }
        add(kind, start)
    }

    private mutating func digits(_ context: String) throws(JSONError) {
        guard position < bytes.count else { throw endOfInput() }
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == start { throw unexpected(context) }
    }

    private mutating func parseLiteral(_ literal: StaticString, _ kind: Kind) throws(JSONError) {
        let start = position
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < bytes.count else { throw endOfInput() }
            guard bytes[position] == literal.utf8Start[index] else {
                throw unexpected("in literal \(literal) (expecting '\(Character(UnicodeScalar(literal.utf8Start[index])))')")
            }
            position += 1
        }
        add(kind, start)
    }

    // MARK: - Bytes

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private func checkUTF8() throws(JSONError) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw JSONError("invalid UTF-8", at: 0) }
    }

    private func endOfInput() -> JSONError { JSONError("unexpected end of JSON input", at: bytes.count) }

    private func unexpected(_ context: String) -> JSONError {
        let byte = bytes[position]
        let shown: String
        switch byte {
        case UInt8(ascii: "'"): shown = #"'\''"#
        case UInt8(ascii: "\""): shown = "'\"'"
        case 0x0A: shown = #"'\n'"#
        case 0x0D: shown = #"'\r'"#
        case 0x09: shown = #"'\t'"#
        case 0x20...0x7E: shown = "'\(Character(UnicodeScalar(byte)))'"
        default:
            let digits = String(byte, radix: 16)
            shown = byte < 0x80 ? #"'\x"# + (digits.count == 1 ? "0" : "") + digits + "'" : "'\(Character(UnicodeScalar(byte)))'"
        }
        return JSONError("invalid character \(shown) \(context)", at: position)
    }
}

extension [UInt32] {
    /// As it is, or copied to the size it needs: trees are kept for long.
    fileprivate var withoutSlack: [UInt32] {
        guard capacity > count + count / 4 + 16 else { return self }
        return [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in initialized = buffer.initialize(fromContentsOf: self) }
    }
}
