/// Looks through the text of JSON strings eight bytes at a time: nearly all of them stand for themselves.
enum JSONText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The bytes of a word that must be escaped, or are: quotes, backslashes, control characters. Each as its highest bit; those above
    /// the lowest may be set falsely.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word) & (ones &* 0x80)
    }

    /// The bytes of a word that are not ASCII, as their highest bits.
    @inline(__always)
    static func nonASCII(_ word: UInt64) -> UInt64 { word & (ones &* 0x80) }

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool { byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }

    @inline(__always)
    static func word(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    /// How many bytes at the start need no escape. O(count / 8).
    @inline(__always)
    static func plainCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var position = 0
        while position + 8 <= bytes.count {
            let found = special(word(bytes, at: position))
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        if position > 0, position < bytes.count {
            // The last eight bytes, of which the first are known to be plain.
            let last = bytes.count - 8
            let found = special(word(bytes, at: last))
            return found == 0 ? bytes.count : last + found.trailingZeroBitCount / 8
        }
        while position < bytes.count, !isSpecial(bytes[position]) { position += 1 }
        return position
    }

    /// Where the quote stands that ends a string without escapes.
    @inline(__always)
    static func quote(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position + 8 <= bytes.count {
            let found = special(word(bytes, at: position))
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
        return position
    }

    /// Where the quote stands that ends a string.
    static func quote(in bytes: UnsafeBufferPointer<UInt8>, afterEscapesFrom start: Int) -> Int {
        var position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(position, bytes.count)
    }

    /// Where a number ends.
    @inline(__always)
    static func numberEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                position += 1
            default: return position
            }
        }
        return position
    }
}
