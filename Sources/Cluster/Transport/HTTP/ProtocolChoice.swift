import NIOCore
import NIOTLS

/// Waits for the TLS handshake of a connection, and sets it up for the version of HTTP that both ends agreed on.
final class ProtocolChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let setup: ConnectionSetup
    private var deadline: LazyDeadline?

    init(_ setup: ConnectionSetup) { self.setup = setup }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = LazyDeadline(context.eventLoop) { channel.close(promise: nil) }
        deadline?.set(in: .seconds(setup.limits.requestSeconds))
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let version):
            do {
                try setup.add(to: context.channel, version: version, peer: PeerIdentity(of: context))
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } catch { context.close(promise: nil) }
        case is ChannelShouldQuiesceEvent: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
