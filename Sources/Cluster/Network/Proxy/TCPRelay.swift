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

    /// What came before there was another side: a peer that has ended its output is read to the end whether asked for or not.
    private var early: [ByteBuffer] = []
    private var endedEarly = false

    /// The side to be joined with as soon as this one is connected.
    private var awaited: TCPRelay?

    /// - Parameter client: the side that is connected already; nil for that side itself.
    init(to client: TCPRelay? = nil) { awaited = client }

    func channelActive(context: ChannelHandlerContext) {
        guard let client = awaited else { return }
        awaited = nil
        guard client.context != nil else {
            // It has gone meanwhile.
            context.close(promise: nil)
            return
        }
        partner = client
        client.partner = self
        client.handOverEarly()
        client.resume()
        resume()
    }

    /// Ends a connection that has no other side.
    func abandon() { context?.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let partner { partner.context?.write(data, promise: nil) } else { early.append(unwrapInboundIn(data)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.closeAfterWriting(.all)
        partner = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed? = event as? ChannelEvent else { return }
        if let partner { partner.closeAfterWriting(.output) } else { endedEarly = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resume() }
    }

    func read(context: ChannelHandlerContext) {
        if partner?.context?.channel.isWritable == true { context.read() } else { wantsRead = true }
    }

    private func handOverEarly() {
        guard let other = partner?.context else { return }
        for data in early { other.write(wrapOutboundOut(data), promise: nil) }
        early = []
        other.flush()
        if endedEarly { partner?.closeAfterWriting(.output) }
    }

    /// Closing by itself would drop what the peer has not taken yet.
    private func closeAfterWriting(_ mode: CloseMode) {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.context?.close(mode: mode, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }

    private func resume() {
        guard wantsRead, let context else { return }
        wantsRead = false
        context.read()
    }
}
