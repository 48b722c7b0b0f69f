import NIOCore

/// One side of a relayed connection: what it reads the other side writes, no faster than that can.
///
/// Both sides live on one event loop. A side that ends its output ends the other's; a side that breaks takes the other with it.
final class TCPRelay: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var partner: TCPRelay?
    /// A read that waits until the other side is there and can take more.
    private var wantsRead = false

    /// Joins the two sides; reading begins.
    static func join(_ one: TCPRelay, _ other: TCPRelay) {
        one.partner = other
        other.partner = one
        one.resume()
        other.resume()
    }

    /// Ends a connection that has no other side.
    func abandon() { context?.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner?.context?.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        partner = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { partner?.context?.close(mode: .output, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resume() }
    }

    func read(context: ChannelHandlerContext) {
        if partner?.context?.channel.isWritable == true { context.read() } else { wantsRead = true }
    }

    private func resume() {
        guard wantsRead, let context else { return }
        wantsRead = false
        context.read()
    }
}
