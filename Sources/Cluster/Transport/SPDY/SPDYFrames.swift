/// Reads the frames that a SPDY/3.1 client sends, and writes those of a server. Source: SPDY protocol draft 3.1, sections 2.2 and 2.6.
///
/// Knows no socket. Of a frame with data every piece is an event as it comes; other frames are kept until they are whole, and are at most
/// as long as ``longestControl``.
struct SPDYFrames {
    enum Event: Hashable {
        /// The peer opens a stream: its header block, whether the peer's half ends with it, and whether there is only that half.
        case open(UInt32, block: [UInt8], isLast: Bool, isOneWay: Bool)
        /// Further headers of a stream. They mean nothing here, but what follows cannot be read without having read them.
        case headers(UInt32, block: [UInt8], isLast: Bool)
        case data(UInt32, [UInt8], isLast: Bool)
        case reset(UInt32)
        case ping(UInt32)
        /// The peer opens no more streams.
        case goAway
    }

    /// Why a stream is reset.
    enum Status: UInt32 {
        case protocolError = 1
        case invalidStream = 2
        case refusedStream = 3
        case cancel = 5
    }

    static let longestControl = 32 << 10

    private var pending: [UInt8] = []
    private var start = 0
    /// The frame of data that is being read.
    private var data: (stream: UInt32, left: Int, isLast: Bool)?

    mutating func append(_ bytes: some Sequence<UInt8>) {
        pending.removeFirst(start)
        start = 0
        pending.append(contentsOf: bytes)
    }

    /// The next event; nil when more bytes are needed.
    mutating func next() throws(SPDYFailure) -> Event? {
        while true {
            if let open = data {
                guard start < pending.count || open.left == 0 else { return nil }
                let piece = Array(pending[start...].prefix(open.left))
                start += piece.count
                let left = open.left - piece.count
                data = left == 0 ? nil : (open.stream, left, open.isLast)
                return .data(open.stream, piece, isLast: open.isLast && left == 0)
            }
            guard pending.count - start >= 8 else { return nil }
            let first = number(at: start)
            let flags = pending[start + 4]
            let length = Int(number(at: start + 4) & 0xFF_FFFF)
            if first >> 31 == 0 {
                start += 8
                data = (first, length, flags & 1 != 0)
                continue
            }
            guard first >> 16 & 0x7FFF == 3 else { throw SPDYFailure("only version 3 of SPDY is spoken") }
            guard length <= SPDYFrames.longestControl else { throw SPDYFailure("a control frame is too long") }
            guard pending.count - start >= 8 + length else { return nil }
            let payload = start + 8
            start = payload + length
            if let event = try control(type: first & 0xFFFF, flags, at: payload, length) { return event }
        }
    }

    /// Nil for what is of no interest: settings, and windows, which Kubernetes' clients neither keep nor open.
    private func control(type: UInt32, _ flags: UInt8, at payload: Int, _ length: Int) throws(SPDYFailure) -> Event? {
        let shortest = [1: 10, 2: 4, 3: 8, 6: 4, 7: 8, 8: 4][type] ?? 0
        guard length >= shortest else { throw SPDYFailure("a control frame is too short") }
        func block(from offset: Int) -> [UInt8] { Array(pending[(payload + offset)..<(payload + length)]) }
        func stream() -> UInt32 { number(at: payload) & 0x7FFF_FFFF }
        let isLast = flags & 1 != 0
        switch type {
        case 1: return .open(stream(), block: block(from: 10), isLast: isLast, isOneWay: flags & 2 != 0)
        case 2: throw SPDYFailure("a reply to a stream that nobody opened")
        case 3: return .reset(stream())
        case 6: return .ping(number(at: payload))
        case 7: return .goAway
        case 8: return .headers(stream(), block: block(from: 4), isLast: isLast)
        default: return nil
        }
    }

    private func number(at index: Int) -> UInt32 { pending[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) } }

    // MARK: - What a server sends

    static func reply(_ stream: UInt32, block: [UInt8]) -> [UInt8] { control(2, number(Int(stream)) + block) }
    static func data(_ stream: UInt32, _ bytes: some Collection<UInt8>, isLast: Bool = false) -> [UInt8] {
        number(Int(stream)) + number((isLast ? 1 << 24 : 0) | bytes.count) + bytes
    }
    static func reset(_ stream: UInt32, _ status: Status) -> [UInt8] { control(3, number(Int(stream)) + number(Int(status.rawValue))) }
    static func ping(_ id: UInt32) -> [UInt8] { control(6, number(Int(id))) }
    /// - Parameter last: the newest stream that was accepted.
    static func goAway(last: UInt32, isError: Bool = false) -> [UInt8] { control(7, number(Int(last)) + number(isError ? 1 : 0)) }

    static func control(_ type: Int, flags: Int = 0, _ payload: [UInt8]) -> [UInt8] {
        number(0x8003_0000 | type) + number(flags << 24 | payload.count) + payload
    }

    /// Four bytes, the highest first.
    static func number(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
}
