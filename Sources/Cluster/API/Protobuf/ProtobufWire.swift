/// How fields of protobuf messages are written: a number with the payload's form, then the payload.
/// Source: protobuf.dev/programming-guides/encoding.
public enum ProtobufWire {
    /// A field of text, bytes, or another message.
    public static func bytes(_ number: UInt64, _ payload: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(payload.count)) + payload
    }

    public static func text(_ number: UInt64, _ text: String) -> [UInt8] { bytes(number, Array(text.utf8)) }

    public static func integer(_ number: UInt64, _ value: Int) -> [UInt8] {
        varint(number << 3) + varint(UInt64(bitPattern: Int64(value)))
    }

    public static func flag(_ number: UInt64, _ value: Bool) -> [UInt8] { integer(number, value ? 1 : 0) }

    public static func double(_ number: UInt64, _ value: Double) -> [UInt8] {
        varint(number << 3 | 1) + withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }

    public static func varint(_ number: UInt64) -> [UInt8] {
        var rest = number
        var result: [UInt8] = []
        while rest >= 0x80 {
            result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        result.append(UInt8(rest))
        return result
    }
}
