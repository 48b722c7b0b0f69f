import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A connection to another HTTP server for one request. It closes with its last reference: an answer that nobody takes ends it.
final class RelayConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<RelayHandler>

    private init(channel: any Channel, handler: NIOLoopBound<RelayHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// - Parameter connect: connects the bootstrap in whatever way reaches the server.
    /// - Throws: what forbids the connection.
    static func open(
        tls: NIOSSLContext?, connect: (ClientBootstrap) async throws -> any Channel
    ) async throws -> RelayConnection {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
                    try pipeline.addHandler(HTTPRequestEncoder(), name: RelayHandler.encoderName)
                    let decoder = HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)
                    try pipeline.addHandler(ByteToMessageHandler(decoder), name: RelayHandler.decoderName)
                    try pipeline.addHandler(RelayHandler())
                }
            }
        let channel = try await connect(bootstrap)
        let handler = try await channel.eventLoop.submit {
            NIOLoopBound(try channel.pipeline.syncOperations.handler(type: RelayHandler.self), eventLoop: channel.eventLoop)
        }.get()
        return RelayConnection(channel: channel, handler: handler)
    }

    deinit { channel.close(promise: nil) }

    func close() { channel.close(promise: nil) }

    func send(_ head: HTTPRequestHead, _ body: [UInt8]) {
        channel.eventLoop.execute { [handler] in handler.value.send(head, body) }
    }

    /// The next part of the answer; nil when the server has closed. Cancelling closes the connection.
    func next() async throws -> HTTPClientResponsePart? {
        let promise = channel.eventLoop.makePromise(of: HTTPClientResponsePart?.self)
        return try await withTaskCancellationHandler {
            channel.eventLoop.execute { [handler] in handler.value.next(promise) }
            return try await promise.futureResult.get()
        } onCancel: {
            close()
        }
    }

    /// After 101: the bytes themselves.
    func upgraded() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await channel.eventLoop.submit { [channel, handler] in
            let stream = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            let pipeline = channel.pipeline
            pipeline.syncOperations.removeHandler(handler.value)
                .flatMap { pipeline.removeHandler(name: RelayHandler.encoderName) }
                .flatMap { pipeline.removeHandler(name: RelayHandler.decoderName) }
                .whenComplete {
                    guard case .success = $0 else { return channel.close(promise: nil) }
                    // What came with the answer is delivered with the end of a read, which was over before.
                    pipeline.fireChannelReadComplete()
                }
            return stream
        }.get()
    }
}
