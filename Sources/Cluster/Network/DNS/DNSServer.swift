import ClusterTransport
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Answers DNS on one address over UDP and TCP: the cluster's names from what is known, others by asking the host's name servers.
final class DNSServer: Sendable {
    private static let mostConnections = 256

    private let zone: ClusterZone
    private let forwarder: DNSForwarder
    private let table = Mutex(ServiceTable())
    private let channels = Mutex<[any Channel]>([])
    private let connections = Mutex(0)

    init(domain: String, forwarder: DNSForwarder) {
        zone = ClusterZone(domain: domain.lowercased())
        self.forwarder = forwarder
    }

    /// What names lead to from now on.
    func update(_ table: ServiceTable) { self.table.withLock { $0 = table } }

    /// - Throws: ``SocketError`` when the address cannot be bound.
    func open(_ address: IPv4Address, port: UInt16 = 53, sockets: any NodeSockets, group: any EventLoopGroup) async throws {
        let datagrams = try await sockets.udp()
        try SocketCalls.bind(datagrams, address, port)
        let udp = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(DatagramHandler(self)) }
            }
            .withBoundSocket(datagrams).get()
        channels.withLock { $0.append(udp) }
        let stream = try await sockets.tcp()
        try SocketCalls.bind(stream, address, port)
        let tcp = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                guard self.admit(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        IdleStateHandler(readTimeout: .seconds(10)), DNSStream(), StreamHandler(self))
                }
            }
            .withBoundSocket(stream).get()
        channels.withLock { $0.append(tcp) }
    }

    func close() async {
        for channel in channels.withLock({ $0 }) { try? await channel.close().get() }
        channels.withLock { $0 = [] }
    }

    private func admit(_ channel: any Channel) -> Bool {
        guard enter() else { return false }
        channel.closeFuture.whenComplete { _ in self.connections.withLock { $0 -= 1 } }
        return true
    }

    private func enter() -> Bool {
        connections.withLock { connections in
            if connections >= DNSServer.mostConnections { return false }
            connections += 1
            return true
        }
    }

    // MARK: - Answers

    /// What a message is to be answered with.
    enum Reply {
        case now([UInt8])
        case none
        /// Others must be asked first.
        case later(@Sendable () async -> [UInt8])
    }

    func reply(to message: [UInt8], stream: Bool) -> Reply {
        let query: DNSQuery
        do throws(DNSQuery.Failure) { query = try DNSQuery(message) } catch {
            switch error {
            case .ignored: return .none
            case .refused(let id, let code): return .now(DNSAnswer.refusal(id, code))
            }
        }
        let limit = stream ? Int(UInt16.max) : query.payload
        let table = table.withLock { $0 }
        switch zone.answer(query.name, type: query.type, in: table) {
        case .answer(let answer): return .now(answer.bytes(to: query, limit: limit))
        case .alias(let target):
            return .later {
                await self.follow(target, for: query, in: table, stream: stream).bytes(to: query, limit: limit)
            }
        case .elsewhere:
            return .later {
                await self.forwarder.answer(message, stream: stream)
                    ?? DNSAnswer(code: .serverFailure).bytes(to: query, limit: limit)
            }
        }
    }

    /// The alias and what it leads to, as a resolver that asks for recursion expects it.
    private func follow(_ target: String, for query: DNSQuery, in table: ServiceTable, stream: Bool) async -> DNSAnswer {
        var answer = DNSAnswer(records: [DNSRecord(name: nil, seconds: 5, content: .cname(target))], domain: zone.domain)
        guard query.type == DNSType.a || query.type == DNSType.aaaa else { return answer }
        switch zone.answer(target, type: query.type, in: table) {
        case .answer(let inner):
            answer.code = inner.code
            answer.records += inner.records.map { DNSRecord(name: target, seconds: $0.seconds, content: $0.content) }
        case .alias: answer.code = .serverFailure
        case .elsewhere:
            guard let bytes = await forwarder.answer(DNSQuery(asking: target, type: query.type).bytes, stream: stream),
                let found = DNSReader.answers(of: bytes)
            else {
                answer.code = .serverFailure
                return answer
            }
            answer.code = found.code
            answer.records += found.records
        }
        return answer
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let server: DNSServer

    init(_ server: DNSServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let client = envelope.remoteAddress
        let channel = context.channel
        switch server.reply(to: Array(buffer: envelope.data), stream: false) {
        case .none: return
        case .now(let bytes): channel.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: ByteBuffer(bytes: bytes)), promise: nil)
        case .later(let answer):
            context.eventLoop.makeFutureWithTask(answer).whenSuccess {
                channel.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: ByteBuffer(bytes: $0)), promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: DNSServer

    init(_ server: DNSServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        switch server.reply(to: Array(buffer: unwrapInboundIn(data)), stream: true) {
        case .none: context.close(promise: nil)
        case .now(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        case .later(let answer):
            context.eventLoop.makeFutureWithTask(answer).whenSuccess { channel.writeAndFlush(ByteBuffer(bytes: $0), promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
