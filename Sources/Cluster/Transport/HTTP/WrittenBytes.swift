import NIOCore

/// Counts the bytes that a connection has been given to send, the way they are sent: it stands next to the socket.
final class WrittenBytes: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var written = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    /// How many bytes have left a connection so far; zero for one that does not count. Called on its event loop.
    static func sent(_ channel: any Channel) -> Int {
        guard let counter = try? channel.pipeline.syncOperations.handler(type: WrittenBytes.self) else { return 0 }
        return counter.written - ((try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0)
    }
}
