import Synchronization

/// One stream of a SPDY session, opened by the peer: bytes both ways, each way with an end of its own.
public final class SPDYStream: ByteLink {
    private static let longestData = 32 << 10

    private struct Open {
        var here = true
        var there = true
    }

    public let id: UInt32
    /// By names in lower case.
    public let headers: [String: String]
    /// What the peer sends. It must be taken, or ``ByteQueue/finish(throwing:)`` called: the session waits with what comes.
    public let inbound = ByteQueue()
    private let session: SPDYSession
    private let open: Mutex<Open>

    init(id: UInt32, headers: [String: String], isOneWay: Bool, session: SPDYSession) {
        self.id = id
        self.headers = headers
        self.session = session
        open = Mutex(Open(here: !isOneWay))
    }

    /// The stream was given up by one of both.
    public struct Closed: Error {}

    /// Returns when the peer can take more.
    /// - Throws: ``Closed``, and when the connection breaks.
    public func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard open.withLock({ $0.here }) else { throw Closed() }
            let piece = rest.prefix(SPDYStream.longestData)
            rest = rest.dropFirst(piece.count)
            try await session.send(SPDYFrames.data(id, piece))
        }
    }

    public func receive(_ body: ([UInt8]) async throws -> Void) async throws {
        for try await bytes in inbound { try await body(bytes) }
    }

    /// Tells the peer that nothing more comes from here.
    public func finish() async throws {
        guard close(here: true) else { return }
        try await session.send(SPDYFrames.data(id, [], isLast: true))
    }

    /// Gives the stream up, in both directions.
    public func reset() async throws {
        guard close(here: true, there: true) else { return }
        inbound.finish(throwing: Closed())
        try await session.send(SPDYFrames.reset(id, .cancel))
    }

    // MARK: - What the session hears

    func received(_ bytes: [UInt8], isLast: Bool) async {
        guard open.withLock({ $0.there }) else { return }
        await inbound.put(bytes)
        if isLast { receivedEnd() }
    }

    func receivedEnd() {
        inbound.finish()
        close(there: true)
    }

    /// The peer has given it up, or is gone.
    func lost() {
        inbound.finish(throwing: Closed())
        close(here: true, there: true)
    }

    /// False when that was closed already.
    @discardableResult
    private func close(here: Bool = false, there: Bool = false) -> Bool {
        let (isChange, isOver) = open.withLock { open in
            let isChange = here && open.here || there && open.there
            if here { open.here = false }
            if there { open.there = false }
            return (isChange, !open.here && !open.there)
        }
        if isOver { session.forget(self) }
        return isChange
    }
}
