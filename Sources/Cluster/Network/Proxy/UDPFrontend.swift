import ClusterTransport
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Takes the datagrams of one address; each client has a socket to its backend for as long as it sends.
final class UDPFrontend: ProxyFrontend {
    private let balancer: Mutex<Balancer>
    private let dialer: Dialer
    private let server = Mutex<(any Channel)?>(nil)
    private let table: Mutex<UDPClients>

    private init(_ rule: FrontendRule, _ dialer: Dialer) {
        balancer = Mutex(Balancer(rule))
        self.dialer = dialer
        table = Mutex(UDPClients())
    }

    /// - Throws: ``SocketError`` when the address cannot be bound.
    static func open(
        _ frontend: Frontend, _ rule: FrontendRule, sockets: any NodeSockets, dialer: Dialer, group: any EventLoopGroup
    ) async throws -> UDPFrontend {
        let socket = try await sockets.udp()
        try SocketCalls.bind(socket, frontend.address, frontend.port)
        let opened = UDPFrontend(rule, dialer)
        let channel = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UDPServerHandler(frontend: opened))
                }
            }
            .withBoundSocket(socket).get()
        opened.server.withLock { $0 = channel }
        return opened
    }

    /// Clients of backends that are gone are given others with their next datagram.
    func update(_ rule: FrontendRule) {
        balancer.withLock { $0.update(rule) }
        let present = Set(rule.backends)
        for channel in table.withLock({ $0.drop { !present.contains($0) } }) { channel.close(promise: nil) }
    }

    func close() async {
        let open = server.withLock { $0.take() }
        try? await open?.close().get()
        for channel in table.withLock({ $0.drop { _ in true } }) { channel.close(promise: nil) }
    }

    /// Closes what has been silent for a minute.
    func sweep() {
        let now = Dialer.now
        for channel in table.withLock({ $0.expire(at: now) }) { channel.close(promise: nil) }
    }

    func receive(_ data: ByteBuffer, from client: SocketAddress, on server: any Channel) {
        let now = Dialer.now
        guard let address = IPv4Address(client), balancer.withLock({ $0.admits(address) }) else { return }
        switch table.withLock({ $0.receive(data, from: client, at: now) }) {
        case .send(let channel, let backend):
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: backend, data: data), promise: nil)
        case .dropped, .queued: return
        case .connect:
            guard let backend = balancer.withLock({ $0.pick(for: address, at: now) }),
                let target = try? SocketAddress(ipAddress: "\(backend.address)", port: Int(backend.port))
            else {
                table.withLock { $0.remove(client) }
                return
            }
            let connected = server.eventLoop.makeFutureWithTask { try await self.dialer.datagram(to: backend) }
            connected.flatMap { socket in
                DatagramBootstrap(group: server.eventLoop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(UDPReplyHandler(client: client, server: server))
                        }
                    }
                    .withBoundSocket(socket)
            }.whenComplete { result in
                guard case .success(let channel) = result else {
                    self.table.withLock { $0.remove(client) }
                    return
                }
                channel.closeFuture.whenComplete { _ in self.table.withLock { $0.remove(client, if: channel) } }
                for waiting in self.table.withLock({ $0.connected(client, channel, backend, target) }) {
                    channel.write(AddressedEnvelope(remoteAddress: target, data: waiting), promise: nil)
                }
                channel.flush()
            }
        }
    }
}

/// Which client talks to which backend, and until when.
struct UDPClients {
    enum Action {
        /// The first datagram of a client: it waits for a socket.
        case connect
        case queued
        case dropped
        case send(any Channel, SocketAddress)
    }

    private struct Client {
        var channel: (any Channel)?
        var backend: Backend?
        var target: SocketAddress?
        var waiting: [ByteBuffer]
        var lastUsed: Int64
    }

    private static let mostClients = 4096
    private static let mostWaiting = 16
    private static let idleSeconds: Int64 = 60

    private var clients: [SocketAddress: Client] = [:]

    mutating func receive(_ data: ByteBuffer, from address: SocketAddress, at now: Int64) -> Action {
        if let known = clients[address] {
            clients[address]?.lastUsed = now
            if let channel = known.channel, let target = known.target { return .send(channel, target) }
            if known.waiting.count >= UDPClients.mostWaiting { return .dropped }
            clients[address]?.waiting.append(data)
            return .queued
        }
        if clients.count >= UDPClients.mostClients { return .dropped }
        clients[address] = Client(waiting: [data], lastUsed: now)
        return .connect
    }

    /// What waited for the socket.
    mutating func connected(_ address: SocketAddress, _ channel: any Channel, _ backend: Backend, _ target: SocketAddress) -> [ByteBuffer] {
        let waiting = clients[address]?.waiting ?? []
        clients[address]?.channel = channel
        clients[address]?.backend = backend
        clients[address]?.target = target
        clients[address]?.waiting = []
        return waiting
    }

    mutating func remove(_ address: SocketAddress, if channel: (any Channel)? = nil) {
        if let channel, clients[address]?.channel !== channel { return }
        clients[address] = nil
    }

    mutating func drop(where gone: (Backend) -> Bool) -> [any Channel] {
        var closing: [any Channel] = []
        for (address, client) in clients {
            guard let channel = client.channel, let backend = client.backend, gone(backend) else { continue }
            closing.append(channel)
            clients[address] = nil
        }
        return closing
    }

    mutating func expire(at now: Int64) -> [any Channel] {
        var closing: [any Channel] = []
        for (address, client) in clients where now - client.lastUsed > UDPClients.idleSeconds {
            if let channel = client.channel { closing.append(channel) }
            clients[address] = nil
        }
        return closing
    }
}

private final class UDPServerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let frontend: UDPFrontend
    private var sweeping: RepeatedTask?

    init(frontend: UDPFrontend) { self.frontend = frontend }

    func channelActive(context: ChannelHandlerContext) {
        let frontend = frontend
        sweeping = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(30), delay: .seconds(30)) { _ in frontend.sweep() }
    }

    func channelInactive(context: ChannelHandlerContext) { sweeping?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        frontend.receive(envelope.data, from: envelope.remoteAddress, on: context.channel)
    }

    /// A datagram that could not be sent to one client is no reason to close it for all.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

private final class UDPReplyHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let client: SocketAddress
    private let server: any Channel

    init(client: SocketAddress, server: any Channel) {
        self.client = client
        self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        server.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: unwrapInboundIn(data).data), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
