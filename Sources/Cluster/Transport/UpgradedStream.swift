import NIOCore
import NIOHTTP1

/// A connection after `101 Switching Protocols`: plain bytes in both directions, until the task that handles it returns.
public struct UpgradedStream: Sendable {
    /// What the peer sends. Reads no faster than it is iterated; ends when the peer is done.
    public let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    /// Writing waits until the peer can take more.
    public let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Takes the HTTP handlers off a connection. Called on its event loop.
    static func take(
        over context: ChannelHandlerContext, from connection: HTTPConnection,
        _ handle: @escaping @Sendable (UpgradedStream) async throws -> Void
    ) {
        let channel = context.channel
        let pipeline = channel.pipeline.syncOperations
        do {
            // Behind the HTTP handlers, so that what the decoder lets go of reaches it.
            let stream = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            pipeline.removeHandler(connection).flatMap { channel.pipeline.removeHandler(name: HTTPConnection.decoderName) }.whenComplete {
                guard case .success = $0 else { return channel.close(promise: nil) }
                // What was sent ahead is delivered with the end of a read, which was over before it came.
                channel.pipeline.fireChannelReadComplete()
            }
            Task {
                try? await stream.executeThenClose { inbound, outbound in
                    try await handle(UpgradedStream(inbound: inbound, outbound: outbound))
                }
            }
        } catch { channel.close(promise: nil) }
    }
}
