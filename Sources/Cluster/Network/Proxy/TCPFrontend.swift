import ClusterTransport
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Takes the connections of one address and relays each to a backend.
final class TCPFrontend: ProxyFrontend {
    private let balancer: Mutex<Balancer>
    private let dialer: Dialer
    private let logger: Logger
    private let server = Mutex<(any Channel)?>(nil)

    private init(_ rule: FrontendRule, _ dialer: Dialer, _ logger: Logger) {
        balancer = Mutex(Balancer(rule))
        self.dialer = dialer
        self.logger = logger
    }

    /// - Throws: ``SocketError`` when the address cannot be bound.
    static func open(
        _ frontend: Frontend, _ rule: FrontendRule, sockets: any NodeSockets, dialer: Dialer, group: any EventLoopGroup, logger: Logger
    ) async throws -> TCPFrontend {
        let socket = try await sockets.tcp()
        try SocketCalls.bind(socket, frontend.address, frontend.port)
        let opened = TCPFrontend(rule, dialer, logger)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let relay = TCPRelay()
                    try channel.pipeline.syncOperations.addHandler(relay)
                    opened.accept(channel, NIOLoopBound(relay, eventLoop: channel.eventLoop))
                }
            }
        let server = try await bootstrap.withBoundSocket(socket).get()
        // NIO listens with a backlog of 128.
        listen(socket, 4096)
        opened.server.withLock { $0 = server }
        return opened
    }

    func update(_ rule: FrontendRule) { balancer.withLock { $0.update(rule) } }

    func close() async {
        let open = server.withLock { $0.take() }
        try? await open?.close().get()
    }

    private func accept(_ channel: any Channel, _ relay: NIOLoopBound<TCPRelay>) {
        guard let client = channel.remoteAddress.flatMap(IPv4Address.init), balancer.withLock({ $0.admits(client) }) else {
            channel.close(promise: nil)
            return
        }
        let loop = channel.eventLoop
        let connected = loop.makeFutureWithTask { try await self.dialer.connect(self.balancer, client: client) }
        connected.flatMap { socket -> EventLoopFuture<Void> in
            SocketCalls.keepAlive(socket)
            return ClientBootstrap(group: loop)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { backend in
                    backend.eventLoop.makeCompletedFuture {
                        try backend.pipeline.syncOperations.addHandler(TCPRelay(to: relay.value))
                    }
                }
                .withConnectedSocket(socket).map { _ in }
        }.whenFailure { error in
            self.logger.debug("no endpoint reached", metadata: ["error": "\(error)"])
            relay.value.abandon()
        }
    }
}

extension IPv4Address {
    init?(_ address: SocketAddress) {
        guard case .v4(let four) = address else { return nil }
        self.init(bits: UInt32(bigEndian: four.address.sin_addr.s_addr))
    }
}
