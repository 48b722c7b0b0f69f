import Synchronization

/// The server's end of a SPDY/3.1 connection, as Kubernetes' clients use it: they open streams with headers, without HTTP in them.
///
/// There are no windows: the clients neither keep nor open any. What is not taken holds up the connection instead, as with them.
public final class SPDYSession: Sendable {
    /// Streams at a time. kubectl has two for each connection that it forwards.
    private static let mostStreams = 512

    /// The streams that the peer opens, in their order; ends with the session. For one task.
    public let streams: AsyncStream<SPDYStream>

    private let link: any ByteLink
    private let opened: AsyncStream<SPDYStream>.Continuation
    private let state = Mutex(State())

    private struct State {
        var open: [UInt32: SPDYStream] = [:]
        /// The newest stream that was accepted.
        var newest: UInt32 = 0
        /// The peer is gone, or has been told why its session ends.
        var isOver = false
    }

    public init(_ link: any ByteLink) {
        self.link = link
        (streams, opened) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(SPDYSession.mostStreams))
    }

    /// What has been read so far. Of the task that reads alone.
    private final class Progress {
        var frames = SPDYFrames()
        let reader = SPDYHeaderReader()
        let writer = SPDYHeaderWriter()
        var isGoingAway = false
    }

    /// Reads what the peer sends until it is done. Called once.
    /// - Throws: when the connection breaks, and when the peer breaks the protocol, which it is told.
    public func run() async throws {
        defer {
            let lost = state.withLock { state in
                state.isOver = true
                return Array(state.open.values)
            }
            for stream in lost { stream.lost() }
            opened.finish()
        }
        let progress = Progress()
        do {
            try await link.receive { bytes in
                progress.frames.append(bytes)
                while let event = try progress.frames.next() { try await handle(event, progress) }
            }
        } catch let failure as SPDYFailure {
            try await send(SPDYFrames.goAway(last: state.withLock { $0.newest }, isError: true))
            throw failure
        }
    }

    /// Tells the peer that the session is over, so that it closes when its streams have ended.
    public func goAway() async throws {
        let last = state.withLock { $0.isOver ? nil : $0.newest }
        if let last { try await send(SPDYFrames.goAway(last: last)) }
    }

    private func handle(_ event: SPDYFrames.Event, _ progress: Progress) async throws {
        switch event {
        case .open(let id, let block, let isLast, let isOneWay):
            let headers = try progress.reader.read(block)
            guard id % 2 == 1, id > state.withLock({ $0.newest }) else { throw SPDYFailure("stream \(id) cannot be opened") }
            let stream = SPDYStream(id: id, headers: headers, isOneWay: isOneWay, session: self)
            let isAdmitted = state.withLock { state in
                state.newest = id
                guard state.open.count < SPDYSession.mostStreams, !progress.isGoingAway else { return false }
                state.open[id] = stream
                return true
            }
            guard isAdmitted else { return try await send(SPDYFrames.reset(id, .refusedStream)) }
            if !isOneWay { try await send(SPDYFrames.reply(id, block: progress.writer.write([:]))) }
            if isLast { stream.receivedEnd() }
            // Those that were opened and given up at once are kept until they are looked at.
            if case .dropped = opened.yield(stream) { try await stream.reset() }
        case .headers(let id, let block, let isLast):
            _ = try progress.reader.read(block)
            if isLast { stream(id)?.receivedEnd() }
        case .data(let id, let bytes, let isLast):
            if let stream = stream(id) { await stream.received(bytes, isLast: isLast) }
        case .reset(let id): stream(id)?.lost()
        // Those with even numbers would be answers.
        case .ping(let id): if id % 2 == 1 { try await send(SPDYFrames.ping(id)) }
        case .goAway: progress.isGoingAway = true
        }
    }

    private func stream(_ id: UInt32) -> SPDYStream? { state.withLock { $0.open[id] } }

    func forget(_ stream: SPDYStream) { _ = state.withLock { $0.open.removeValue(forKey: stream.id) } }

    func send(_ frame: [UInt8]) async throws { try await link.send(frame) }
}
