import NIOCore

/// Bytes on their way from the task that receives them to the one that takes them. Few pieces wait: who puts more waits too.
public struct ByteQueue: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    fileprivate typealias Producer = NIOThrowingAsyncSequenceProducer<
        [UInt8], any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    fileprivate struct Demand: NIOAsyncSequenceProducerDelegate {
        let room: AsyncStream<Void>.Continuation
        func produceMore() { room.yield() }
        func didTerminate() { room.finish() }
    }

    private static let longestPiece = 32 << 10

    private let source: Producer.Source
    private let sequence: Producer
    private let room: AsyncStream<Void>

    public init() {
        let (room, demand) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let made = Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8), finishOnDeinit: true, delegate: Demand(room: demand))
        (source, sequence, self.room) = (made.source, made.sequence, room)
    }

    /// Returns when there is room for more. What nobody takes any more is dropped.
    public func put(_ bytes: [UInt8]) async {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(ByteQueue.longestPiece)
            rest = rest.dropFirst(piece.count)
            if case .stopProducing = source.yield(Array(piece)) { for await _ in room { break } }
        }
    }

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
