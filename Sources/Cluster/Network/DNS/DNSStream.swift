import NIOCore

/// Between messages and a stream of bytes, in which each message follows its length. Source: RFC 1035 4.2.2.
final class DNSStream: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// At most one message, of at most 64 KiB, and what was read along with its end.
    private var pending = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        pending.writeBuffer(&bytes)
        while let length = pending.getInteger(at: pending.readerIndex, as: UInt16.self), pending.readableBytes >= 2 + Int(length) {
            pending.moveReaderIndex(forwardBy: 2)
            guard let message = pending.readSlice(length: Int(length)) else { return }
            context.fireChannelRead(wrapInboundOut(message))
        }
        pending.discardReadBytes()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var message = unwrapOutboundIn(data)
        guard let length = UInt16(exactly: message.readableBytes) else {
            promise?.fail(ChannelError.writeMessageTooLarge)
            return
        }
        var framed = context.channel.allocator.buffer(capacity: 2 + Int(length))
        framed.writeInteger(length)
        framed.writeBuffer(&message)
        context.write(wrapOutboundOut(framed), promise: promise)
    }
}
