import NIOCore

/// Bytes on their way from the task that receives them to the one that takes them. Few pieces wait: who puts more waits too.
public struct ByteQueue: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    fileprivate typealias Producer = NIOThrowingAsyncSequenceProducer<
        [UInt8], any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    fileprivate struct Demand: NIOAsyncSequenceProducerDelegate {
        let hasRoom: @Sendable () -> Void
        func produceMore() { hasRoom() }
        func didTerminate() { hasRoom() }
    }

    private static let longestPiece = 32 << 10

    private let source: Producer.Source
    private let sequence: Producer
    private let room: AsyncStream<Void>

    /// For a task that waits in ``put(_:)``.
    public init() {
        let (room, demand) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.init(room: room) { demand.yield() }
    }

    /// For an event loop, which cannot wait.
    /// - Parameter hasRoom: called from anywhere when there is room again after ``offer(_:)`` said that there is none.
    init(hasRoom: @escaping @Sendable () -> Void) { self.init(room: AsyncStream { $0.finish() }, hasRoom) }

    private init(room: AsyncStream<Void>, _ hasRoom: @escaping @Sendable () -> Void) {
        let made = Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8), finishOnDeinit: true, delegate: Demand(hasRoom: hasRoom))
        (source, sequence, self.room) = (made.source, made.sequence, room)
    }

    /// Returns when there is room for more. What nobody takes any more is dropped.
    public func put(_ bytes: [UInt8]) async {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(ByteQueue.longestPiece)
            rest = rest.dropFirst(piece.count)
            if !offer(Array(piece)) { for await _ in room { break } }
        }
    }

    /// Takes it in any case; false when nothing more should come now.
    func offer(_ bytes: [UInt8]) -> Bool { source.yield(bytes) != .stopProducing }

    /// Nothing more comes: what waits is still taken, then it ends.
    public func finish(throwing failure: (any Error)? = nil) {
        if let failure { source.finish(failure) } else { source.finish() }
    }

    /// For one task, once.
    public func makeAsyncIterator() -> Iterator { Iterator(base: sequence.makeAsyncIterator()) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let base: Producer.AsyncIterator
        public func next() async throws -> [UInt8]? { try await base.next() }
    }
}
