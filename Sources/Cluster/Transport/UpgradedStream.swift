import NIOCore
import NIOHTTP1

/// A connection after `101 Switching Protocols`: plain bytes in both directions, until the task that handles it returns.
public struct UpgradedStream: ByteLink {
    /// What the peer sends. Reads no faster than it is iterated; ends when the peer is done.
    public let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    /// Writing waits until the peer can take more.
    public let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let closed: EventLoopFuture<Void>

    init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        of channel: any Channel
    ) {
        self.inbound = inbound
        self.outbound = outbound
        closed = channel.closeFuture
    }

    /// Takes the HTTP handlers off a connection. Called on its event loop.
    static func take(
        over context: ChannelHandlerContext, from connection: HTTPConnection,
        _ handle: @escaping @Sendable (UpgradedStream) async throws -> Void
    ) {
        let channel = context.channel
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(CloseOnDrain())
            // Behind the HTTP handlers, so that what the decoder lets go of reaches it.
            let stream = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            pipeline.removeHandler(connection).flatMap { channel.pipeline.removeHandler(name: HTTPConnection.decoderName) }.whenComplete {
                guard case .success = $0 else { return channel.close(promise: nil) }
                // What was sent ahead is delivered with the end of a read, which was over before it came.
                channel.pipeline.fireChannelReadComplete()
            }
            Task {
                try? await stream.executeThenClose { inbound, outbound in
                    let upgraded = UpgradedStream(inbound, outbound, of: channel)
                    // What was written last has left before the connection closes.
                    do { try await upgraded.serve(handle) } catch {
                        await drain(channel)
                        throw error
                    }
                    await drain(channel)
                }
            }
        } catch { channel.close(promise: nil) }
    }

    /// Who handles it may wait for something else than this peer, which is gone; what that has sent is worked off before.
    private func serve(_ handle: @escaping @Sendable (UpgradedStream) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await handle(self) }
            group.addTask {
                await Self.end(of: closed)
                try await Task.sleep(for: .seconds(5))
            }
            try await group.next()
        }
    }

    /// Returns when a connection has closed, or the task is cancelled.
    private static func end(of closed: EventLoopFuture<Void>) async {
        let (ends, end) = AsyncStream<Never>.makeStream()
        closed.whenComplete { _ in end.finish() }
        for await _ in ends {}
    }

    /// Returns when the peer has closed the connection, or has not for so long.
    func end(within patience: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Self.end(of: closed) }
            group.addTask { try? await Task.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Runs `body`, and cancels it as soon as the peer is gone.
    func untilClosed(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await body() }
        closed.whenComplete { _ in task.cancel() }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    public func receive(_ body: ([UInt8]) async throws -> Void) async throws {
        for try await bytes in inbound { try await body(Array(bytes.readableBytesView)) }
    }

    public func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// Returns when the peer has taken everything, or nothing for too long.
    private static func drain(_ channel: any Channel) async {
        guard channel.isActive else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: .seconds(30))
                if !Task.isCancelled { channel.close(mode: .all, promise: nil) }
            }
            try? await channel.writeAndFlush(ByteBuffer()).get()
            group.cancelAll()
        }
    }

    /// Carries bytes both ways until one side is done.
    public func join(_ other: UpgradedStream) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await bytes in inbound { try await other.outbound.write(bytes) } }
            group.addTask { for try await bytes in other.inbound { try await outbound.write(bytes) } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

/// Closes a connection that speaks another protocol when its listener stops: it would not end by itself.
private final class CloseOnDrain: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
