import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// One request over TLS on a socket that is connected already. As a kubelet's probes, it does not ask whose certificate it is.
enum SecureExchange {
    /// The beginning of the answer, at least its first line unless the other side closed before.
    /// - Parameter socket: connected and not blocking; taken over.
    static func run(_ request: String, over socket: CInt) async throws -> [UInt8] {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let group = MultiThreadedEventLoopGroup.singleton
        let answer = group.any().makePromise(of: [UInt8].self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: group).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try channel.pipeline.syncOperations.addHandler(FirstLine(request: request, answer: answer))
                }
            }.withConnectedSocket(socket).get()
        } catch {
            answer.fail(error)
            throw error
        }
        return try await withTaskCancellationHandler {
            try await answer.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// Sends the request once the handshake is done, and keeps what comes until the end of a line.
private final class FirstLine: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String
    private let answer: EventLoopPromise<[UInt8]>
    private var received: [UInt8] = []

    init(request: String, answer: EventLoopPromise<[UInt8]>) {
        self.request = request
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        guard received.contains(UInt8(ascii: "\n")) || received.count > 4096 else { return }
        answer.succeed(received)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { answer.succeed(received) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
