import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Why a listener could not start.
public struct ListenError: Error, CustomStringConvertible {
    public var address: String
    public var reason: String
    public var description: String { "cannot listen on \(address): \(reason)" }
}

/// Accepts connections and has their requests answered: HTTP/1.1, and over TLS HTTP/2 where the client wants it.
public final class HTTPListener: Service {
    private let server: any Channel
    private let connections: ConnectionSet
    public let port: Int

    private init(server: any Channel, connections: ConnectionSet, port: Int) {
        self.server = server
        self.connections = connections
        self.port = port
    }

    /// Binds at once, so that the port is known before ``run()``. Port 0 takes a free one. The process's soft limit of open files is
    /// raised for the connections to come.
    /// - Throws: ``ListenError``.
    public static func bind(
        host: String, port: Int, tls: NIOSSLContext?, responder: any HTTPResponder, limits: HTTPLimits = HTTPLimits()
    ) async throws -> HTTPListener {
        OpenFiles.allowMany()
        let connections = ConnectionSet(limit: limits.connections)
        let setup = ConnectionSetup(responder: responder, limits: limits, budget: BodyBudget(bytes: limits.allBodies))
        // The process's own, which is never shut down: tasks of a connection that was cut off may still use its loop.
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .serverChannelInitializer { server in
                // Out of descriptors: accepting again at once would fail again at once.
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelInitializer { channel in
                guard connections.add(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WrittenBytes())
                    guard let tls else { return try setup.add(to: channel, version: nil, peer: nil) }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                    try pipeline.addHandler(ProtocolChoice(setup))
                }
            }
        do {
            let server = try await bootstrap.bind(host: host, port: port).get()
            return HTTPListener(server: server, connections: connections, port: server.localAddress?.port ?? port)
        } catch {
            throw ListenError(address: "\(host):\(port)", reason: reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case SocketAddressError.unknown: return "no such host is known"
        case is SocketAddressError.UnknownHost: return "no such host is known"
        case let error as IOError:
            switch error.errnoCode {
            case EADDRINUSE: return "another program uses that port"
            case EADDRNOTAVAIL: return "this machine does not have that address"
            case EACCES: return "not allowed for this user; ports from 1024 on are"
            default: return String(cString: strerror(error.errnoCode))
            }
        default: return "\(error)"
        }
    }

    /// Serves until shut down gracefully or cancelled: then stops accepting, lets requests end for up to ten seconds, and closes.
    public func run() async throws {
        try? await gracefulShutdown()
        try? await server.close().get()
        await connections.drain(within: .seconds(10), on: server.eventLoop)
    }
}
