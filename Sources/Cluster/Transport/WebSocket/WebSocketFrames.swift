/// Reads the frames that a client sends, and puts the pieces of a message together. Source: RFC 6455, section 5.
///
/// Knows no socket. Every byte is looked at once; a message is at most as long as the limit.
struct WebSocketFrames {
    enum Event: Hashable {
        /// A whole message; binary and text are not told apart.
        case message([UInt8])
        case ping([UInt8])
        /// The peer is done; its code, 1005 when it gave none.
        case close(UInt16)
    }

    /// Why the connection must be closed, as the code that says so.
    enum Failure: UInt16, Error {
        case protocolError = 1002
        case tooLong = 1009
    }

    private enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    private let limit: Int
    private var pending: [UInt8] = []
    private var start = 0
    /// What has come of a message in pieces; nil between messages.
    private var message: [UInt8]?

    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        pending.removeFirst(start)
        start = 0
        pending.append(contentsOf: bytes)
    }

    /// The next event; nil when more bytes are needed.
    mutating func next() throws(Failure) -> Event? {
        while let frame = try frame() {
            switch frame.opcode {
            case .ping: return .ping(frame.payload)
            case .pong: continue
            case .close:
                guard frame.payload.count != 1 else { throw .protocolError }
                return .close(frame.payload.count < 2 ? 1005 : UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1]))
            case .text, .binary:
                guard message == nil else { throw .protocolError }
                if frame.isFinal { return .message(frame.payload) }
                message = frame.payload
            case .continuation:
                guard var whole = message else { throw .protocolError }
                message = nil
                whole += frame.payload
                guard whole.count <= limit else { throw .tooLong }
                if frame.isFinal { return .message(whole) }
                message = whole
            }
        }
        return nil
    }

    private mutating func frame() throws(Failure) -> (opcode: Opcode, isFinal: Bool, payload: [UInt8])? {
        let available = pending.count - start
        guard available >= 2 else { return nil }
        let (first, second) = (pending[start], pending[start + 1])
        // No extension is agreed on, and clients mask what they send.
        guard first & 0x70 == 0, second & 0x80 != 0, let opcode = Opcode(rawValue: first & 0x0F) else { throw .protocolError }
        let isFinal = first & 0x80 != 0
        var length = Int(second & 0x7F)
        var header = 2
        if opcode.rawValue >= 8 { guard isFinal, length < 126 else { throw .protocolError } }
        if length >= 126 {
            let count = length == 126 ? 2 : 8
            guard available >= 2 + count else { return nil }
            var long: UInt64 = 0
            for byte in pending[(start + 2)..<(start + 2 + count)] { long = long << 8 | UInt64(byte) }
            guard long <= UInt64(limit) else { throw .tooLong }
            length = Int(long)
            header += count
        }
        guard length <= limit else { throw .tooLong }
        guard available >= header + 4 + length else { return nil }
        let mask = Array(pending[(start + header)..<(start + header + 4)])
        let begin = start + header + 4
        var payload = Array(pending[begin..<(begin + length)])
        for index in payload.indices { payload[index] ^= mask[index & 3] }
        start = begin + length
        return (opcode, isFinal, payload)
    }

    // MARK: - What a server sends

    static func message(_ bytes: [UInt8], isText: Bool = false) -> [UInt8] { frame(isText ? .text : .binary, bytes) }
    static func pong(_ bytes: [UInt8]) -> [UInt8] { frame(.pong, bytes) }
    static func close(_ code: UInt16) -> [UInt8] { frame(.close, code == 1005 ? [] : [UInt8(code >> 8), UInt8(code & 255)]) }

    private static func frame(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | opcode.rawValue]
        bytes.reserveCapacity(payload.count + 10)
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
        }
        return bytes + payload
    }
}
