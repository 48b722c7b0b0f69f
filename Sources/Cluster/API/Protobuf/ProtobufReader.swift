/// Walks the fields of one protobuf message (wire format of protobuf.dev/programming-guides/encoding), bounds checked.
struct ProtobufReader {
    enum Payload {
        case varint(UInt64)
        case fixed(UInt64)
        case bytes(ArraySlice<UInt8>)

        /// Whether this is what an absent field means.
        var isZero: Bool {
            switch self {
            case .varint(let number), .fixed(let number): number == 0
            case .bytes(let bytes): bytes.isEmpty
            }
        }
    }

    /// The bytes are no message of that shape.
    struct Malformed: Error {
        var offset: Int
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The next field; nil at the end.
    mutating func next() throws(Malformed) -> (number: UInt64, payload: Payload)? {
        guard position < bytes.endIndex else { return nil }
        let tag = try varint()
        let number = tag >> 3
        guard number > 0 else { throw Malformed(offset: position) }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(bytes.endIndex - position) else { throw Malformed(offset: position) }
            let end = position + Int(length)
            defer { position = end }
            return (number, .bytes(bytes[position..<end]))
        case 5: return (number, .fixed(try fixed(4)))
        default: throw Malformed(offset: position)
        }
    }

    private mutating func varint() throws(Malformed) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { throw Malformed(offset: position) }
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw Malformed(offset: position)
    }

    private mutating func fixed(_ width: Int) throws(Malformed) -> UInt64 {
        guard bytes.endIndex - position >= width else { throw Malformed(offset: position) }
        var result: UInt64 = 0
        for index in 0..<width { result |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += width
        return result
    }
}
