import ClusterTransport
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Asks the host's name servers what the cluster does not know.
final class DNSForwarder: Sendable {
    private static let mostAtOnce = 512
    private static let tries = 2
    private static let patience = TimeAmount.seconds(2)

    private let resolver: HostResolver
    private let sockets: any NodeSockets
    private let group: any EventLoopGroup
    private let port: UInt16
    private let running = Mutex(0)

    init(resolver: HostResolver, sockets: any NodeSockets, group: any EventLoopGroup, port: UInt16 = 53) {
        self.resolver = resolver
        self.sockets = sockets
        self.group = group
        self.port = port
    }

    /// The answer to a query message, with the query's own id; nil when nobody answers or too much is being asked already.
    func answer(_ message: [UInt8], stream: Bool) async -> [UInt8]? {
        guard message.count >= 12, enter() else {
            return nil
        }
        defer { running.withLock { $0 -= 1 } }
        let servers = resolver.servers
        for _ in 0..<DNSForwarder.tries {
            for server in servers {
                if Task.isCancelled { return nil }
                // A fresh id and, with each socket, a fresh port: an answer cannot be guessed.
                var sent = message
                sent[0] = UInt8.random(in: 0...255)
                sent[1] = UInt8.random(in: 0...255)
                let backend = Backend(address: server, port: port)
                guard var answer = try? await exchange(sent, with: backend, stream: stream), DNSForwarder.isAnswer(answer, to: sent) else {
                    continue
                }
                answer[0] = message[0]
                answer[1] = message[1]
                return answer
            }
        }
        return nil
    }

    private func enter() -> Bool {
        running.withLock { running in
            if running >= DNSForwarder.mostAtOnce { return false }
            running += 1
            return true
        }
    }

    /// Same id, an answer, and to the same question.
    static func isAnswer(_ answer: [UInt8], to query: [UInt8]) -> Bool {
        guard answer.count >= 12, answer[0] == query[0], answer[1] == query[1], answer[2] & 0x80 != 0 else { return false }
        var asked = DNSReader(query, at: 12)
        var told = DNSReader(answer, at: 12)
        // A refusal may come without the question.
        if answer[4] == 0, answer[5] == 0 { return answer[3] & 15 != 0 }
        guard let name = asked.name(), let type = asked.uint16() else { return false }
        return told.name() == name && told.uint16() == type
    }

    private func exchange(_ message: [UInt8], with server: Backend, stream: Bool) async throws -> [UInt8] {
        let loop = group.next()
        let promise = loop.makePromise(of: [UInt8].self)
        do {
            let socket = stream ? try await sockets.tcp() : try await sockets.udp()
            try await SocketCalls.connect(socket, server, within: 2000)
            let channel =
                stream
                ? try await ClientBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandlers(DNSStream(), AnswerHandler(promise))
                        }
                    }
                    .withConnectedSocket(socket).get()
                : try await DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandlers(DNSDatagrams(to: server), AnswerHandler(promise))
                        }
                    }
                    .withBoundSocket(socket).get()
            let deadline = loop.scheduleTask(in: DNSForwarder.patience) { promise.fail(ChannelError.connectTimeout(DNSForwarder.patience)) }
            promise.futureResult.whenComplete { _ in
                deadline.cancel()
                channel.close(promise: nil)
            }
            channel.writeAndFlush(ByteBuffer(bytes: message), promise: nil)
        } catch { promise.fail(error) }
        return try await promise.futureResult.get()
    }
}

/// Hands on the first message that comes.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<[UInt8]>

    init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed(Array(buffer: unwrapInboundIn(data))) }
    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}

/// Between messages and datagrams of one peer.
private final class DNSDatagrams: ChannelDuplexHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let address: SocketAddress

    init(to server: Backend) throws { address = try SocketAddress(ipAddress: "\(server.address)", port: Int(server.port)) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(unwrapInboundIn(data).data))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(AddressedEnvelope(remoteAddress: address, data: unwrapOutboundIn(data))), promise: promise)
    }
}
