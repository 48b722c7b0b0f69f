import NIOCore
import NIOHTTP1

/// The asking end of one exchange: keeps the parts of the answer until someone takes them, and reads no faster than that.
final class RelayHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = Never
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    static let decoderName = "skiff-relay-decoder"
    static let encoderName = "skiff-relay-encoder"

    private var parts = CircularBuffer<HTTPClientResponsePart>()
    /// Who waits for the next part; nil as a part is the end of the connection.
    private var waiting: EventLoopPromise<HTTPClientResponsePart?>?
    private var failure: (any Error)?
    private var isClosed = false
    private var isReadHeld = false
    /// The server has agreed to another protocol.
    private(set) var isUpgraded = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if isReadHeld { context.channel.read() }
        waiting?.fail(ChannelError.ioOnClosedChannel)
        waiting = nil
    }

    func send(_ head: HTTPRequestHead, _ body: [UInt8]) {
        guard let context else { return }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// - Parameter promise: kept when it has left.
    func write(_ part: HTTPClientRequestPart, _ promise: EventLoopPromise<Void>) {
        guard let context else { return promise.fail(ChannelError.ioOnClosedChannel) }
        context.writeAndFlush(wrapOutboundOut(part), promise: promise)
    }

    /// The next part; nil when the connection has closed.
    func next(_ promise: EventLoopPromise<HTTPClientResponsePart?>) {
        if let part = parts.popFirst() {
            promise.succeed(part)
            if parts.isEmpty, isReadHeld, !isUpgraded {
                isReadHeld = false
                context?.read()
            }
        } else if let failure {
            promise.fail(failure)
        } else if isClosed {
            promise.succeed(nil)
        } else {
            waiting = promise
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        // What follows is not for this handler: it stays in the socket until it has gone.
        if case .head(let head) = part, head.status == .switchingProtocols { isUpgraded = true }
        if let waiting = waiting.take() { waiting.succeed(part) } else { parts.append(part) }
    }

    func read(context: ChannelHandlerContext) {
        if parts.isEmpty, !isUpgraded { context.read() } else { isReadHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The server says no more: the answer is whole or never will be.
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        waiting.take()?.succeed(nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? error
        waiting.take()?.fail(error)
        context.close(promise: nil)
    }
}

/// Keeps the end of what a server says until who speaks the protocol that it has agreed to is there: the decoder, which holds what came
/// with the agreement, would drop that.
final class HeldEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let relay: RelayHandler
    private var isHeld = false
    private var isReleased = false

    init(_ relay: RelayHandler) { self.relay = relay }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent, relay.isUpgraded, !isReleased {
            isHeld = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Whoever speaks it is there.
    func release(_ context: ChannelHandlerContext) {
        isReleased = true
        guard isHeld else { return }
        isHeld = false
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
}
