/// Writes values as JSON: compact, keys sorted, numbers as Go writes them.
///
/// The bytes stand in memory of its own: asking for room once a string, not at every byte, is most of what writing costs.
public struct JSONWriter: ~Copyable {
    private var buffer: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    public init(capacity: Int = 512) { buffer = .allocate(capacity: Swift.max(capacity, 64)) }

    deinit { buffer.deallocate() }

    /// What has been written. A copy without slack.
    public var bytes: [UInt8] { Array(written) }
    /// The same as text.
    public var text: String { String(decoding: written, as: UTF8.self) }

    private var written: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: buffer[..<count]) }

    public mutating func write(_ value: Value) {
        switch value {
        case .null: raw("null")
        case .bool(let flag): raw(flag ? "true" : "false")
        case .int(let number): raw(String(number))
        case .double(let number): raw(JSONWriter.text(of: number))
        case .string(let text): write(text)
        case .array(let elements):
            add(UInt8(ascii: "["))
            for index in elements.indices {
                if index > 0 { add(UInt8(ascii: ",")) }
                write(elements[index])
            }
            add(UInt8(ascii: "]"))
        case .object(let fields):
            add(UInt8(ascii: "{"))
            let entries = fields.entries
            for index in entries.indices {
                if index > 0 { add(UInt8(ascii: ",")) }
                write(entries[index].key)
                add(UInt8(ascii: ":"))
                write(entries[index].value)
            }
            add(UInt8(ascii: "}"))
        }
    }

    /// Writes text as a JSON string: only what must be escaped is.
    public mutating func write(_ text: String) {
        if text.utf8.withContiguousStorageIfAvailable({ write($0) }) == nil { Array(text.utf8).withUnsafeBufferPointer { write($0) } }
    }

    private mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count + 2)
        place(UInt8(ascii: "\""))
        let plain = JSONText.plainCount(text)
        if plain == text.count { place(text) } else { placeEscaping(text, plain) }
        place(UInt8(ascii: "\""))
    }

    /// Places text whose first bytes are plain; leaves room for a quote.
    private mutating func placeEscaping(_ text: UnsafeBufferPointer<UInt8>, _ plain: Int) {
        var (rest, plain) = (text, plain)
        while true {
            place(UnsafeBufferPointer(rebasing: rest[..<plain]))
            guard plain < rest.count else { return }
            escape(rest[plain])
            rest = UnsafeBufferPointer(rebasing: rest[(plain + 1)...])
            reserve(rest.count + 1)
            plain = JSONText.plainCount(rest)
        }
    }

    public mutating func raw(_ text: String) {
        if text.utf8.withContiguousStorageIfAvailable({ raw($0) }) == nil { Array(text.utf8).withUnsafeBufferPointer { raw($0) } }
    }

    public mutating func raw(_ slice: ArraySlice<UInt8>) { slice.withUnsafeBufferPointer { raw($0) } }

    private mutating func raw(_ bytes: UnsafeBufferPointer<UInt8>) {
        reserve(bytes.count)
        place(bytes)
    }

    @inline(__always)
    private mutating func add(_ byte: UInt8) {
        reserve(1)
        place(byte)
    }

    // MARK: - Room

    @inline(__always)
    private mutating func reserve(_ more: Int) { if buffer.count - count < more { grow(more) } }

    private mutating func grow(_ more: Int) {
        let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Swift.max(buffer.count * 2, count + more))
        _ = larger.update(fromContentsOf: written)
        buffer.deallocate()
        buffer = larger
    }

    /// Needs room to be reserved.
    @inline(__always)
    private mutating func place(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    /// Needs room to be reserved.
    @inline(__always)
    private mutating func place(_ bytes: UnsafeBufferPointer<UInt8>) {
        _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: bytes)
        count += bytes.count
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw(#"\""#)
        case UInt8(ascii: "\\"): raw(#"\\"#)
        case 0x0A: raw(#"\n"#)
        case 0x0D: raw(#"\r"#)
        case 0x09: raw(#"\t"#)
        default:
            let digits = String(byte, radix: 16)
            raw(#"\u"# + String(repeating: "0", count: 4 - digits.count) + digits)
        }
    }

    /// A number as Go's encoding/json writes a float64: whole numbers without a fraction, exponents outside 1e-6..<1e21.
    static func text(of number: Double) -> String {
        guard number.isFinite else { return "null" }
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        let size = abs(number)
        var text = "\(number)"
        if size >= 1e-6, size < 1e21 {
            if text.contains("e") { text = JSONWriter.withoutExponent(text) }
            if text.hasSuffix(".0") { text.removeLast(2) }
            return text
        }
        // Swift writes 1e-07 and 1e+21; Go's has no padding in the exponent.
        text = text.replacing(".0e", with: "e")
        if let exponent = text.firstIndex(of: "e") {
            let mantissa = text[..<exponent]
            var digits = text[text.index(after: exponent)...]
            let negative = digits.first == "-"
            if negative || digits.first == "+" { digits.removeFirst() }
            while digits.count > 1, digits.first == "0" { digits.removeFirst() }
            return "\(mantissa)e\(negative ? "-" : "+")\(digits)"
        }
        return text
    }

    private static func withoutExponent(_ text: String) -> String {
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else { return text }
        var mantissa = String(text[..<mark])
        let negative = mantissa.hasPrefix("-")
        if negative { mantissa.removeFirst() }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts[0])
        var digits = whole + (parts.count > 1 && parts[1] != "0" ? String(parts[1]) : "")
        let point = whole.count + exponent
        if point <= 0 {
            digits = "0." + String(repeating: "0", count: -point) + digits
        } else if point >= digits.count {
            digits += String(repeating: "0", count: point - digits.count)
        } else {
            digits.insert(".", at: digits.index(digits.startIndex, offsetBy: point))
        }
        return (negative ? "-" : "") + digits
    }
}

extension Value {
    /// Compact JSON.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// Compact JSON as text.
    public var jsonText: String {
        var writer = JSONWriter(capacity: 128)
        writer.write(self)
        return writer.text
    }

    /// Reads a whole JSON document.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try Tree(parsing: bytes, limits: limits).value
    }

    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}
