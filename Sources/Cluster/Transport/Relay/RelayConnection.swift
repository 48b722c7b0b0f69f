import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A connection to another HTTP server for one request. It closes with its last reference: an answer that nobody takes ends it.
final class RelayConnection: Sendable {
    private static let longestText = 4096
    /// Bytes of an answer's headers: as many as are sent on over HTTP/2, whose codec writes one frame of them.
    private static let longestHeaders = 16 << 10

    private let channel: any Channel
    private let handler: NIOLoopBound<RelayHandler>
    /// The one that this is inside of, which would close with its last reference.
    private let outer: RelayConnection?
    /// Sends a body as it comes.
    private let sending = Mutex<Task<Void, Never>?>(nil)

    private init(channel: any Channel, handler: NIOLoopBound<RelayHandler>, outer: RelayConnection? = nil) {
        self.channel = channel
        self.handler = handler
        self.outer = outer
    }

    /// - Throws: what forbids the connection.
    static func open(host: String, port: Int, tls: NIOSSLContext?) async throws -> RelayConnection {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // A server may agree to another protocol, say all it has to and close, before anybody here has taken it.
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { _ = try RelayConnection.addHandlers(to: channel, tls: tls) }
            }
        let channel = try await bootstrap.connect(host: host, port: port).get()
        let handler = try await channel.eventLoop.submit {
            NIOLoopBound(try channel.pipeline.syncOperations.handler(type: RelayHandler.self), eventLoop: channel.eventLoop)
        }.get()
        return RelayConnection(channel: channel, handler: handler)
    }

    private static func addHandlers(to channel: any Channel, tls: NIOSSLContext?) throws -> RelayHandler {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
        let handler = RelayHandler()
        try pipeline.addHandler(HeldEnd(handler))
        try pipeline.addHandler(HTTPRequestEncoder(), name: RelayHandler.encoderName)
        var parsing = NIOHTTPDecoderLimitConfiguration()
        parsing.maxHeaderListSize = longestHeaders
        parsing.maxHeaderFieldSize = longestHeaders
        let decoder = HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: parsing)
        try pipeline.addHandler(ByteToMessageHandler(decoder), name: RelayHandler.decoderName)
        try pipeline.addHandler(handler)
        return handler
    }

    deinit { close() }

    func close() {
        sending.withLock { $0?.cancel() }
        channel.close(promise: nil)
    }

    func send(_ head: HTTPRequestHead, _ body: [UInt8]) {
        channel.eventLoop.execute { [handler] in handler.value.send(head, body) }
    }

    /// Sends a body as it comes, while the answer may come too.
    func send(_ head: HTTPRequestHead, _ stream: ByteQueue) {
        let (loop, handler) = (channel.eventLoop, handler)
        @Sendable func write(_ part: HTTPClientRequestPart) async throws {
            let sent = loop.makePromise(of: Void.self)
            loop.execute { handler.value.write(part, sent) }
            try await sent.futureResult.get()
        }
        let task = Task {
            // Who fails here, the client or the server, ends the answer too; and that may be there before the server has read everything.
            try? await write(.head(head))
            do {
                for try await bytes in stream { try await write(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
                try await write(.end(nil))
            } catch {}
        }
        sending.withLock { $0 = task }
    }

    /// What the server says, as far as it is short.
    func text() async throws -> String {
        var text: [UInt8] = []
        while text.count < RelayConnection.longestText, case let part? = try await next() {
            if case .end = part { break }
            if case .body(let bytes) = part { text += bytes.readableBytesView }
        }
        close()
        let line = String(decoding: text.prefix(RelayConnection.longestText), as: UTF8.self)
        return line.hasSuffix("\n") ? String(line.dropLast()) : line
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
            // What the decoder lets go of reaches it.
            let stream = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            RelayConnection.removeHandlers(handler, of: channel).whenComplete {
                guard case .success = $0 else { return channel.close(promise: nil) }
                // What came with the answer is delivered with the end of a read, which was over before.
                channel.pipeline.fireChannelReadComplete()
                RelayConnection.releaseEnd(of: channel)
            }
            return stream
        }.get()
    }

    /// After 101: another HTTP server that the bytes lead to. It does not speak first.
    func nested(tls: NIOSSLContext?) async throws -> RelayConnection {
        let handler = try await channel.eventLoop.flatSubmit { [channel, handler] in
            RelayConnection.removeHandlers(handler, of: channel).flatMapThrowing {
                let inner = NIOLoopBound(try RelayConnection.addHandlers(to: channel, tls: tls), eventLoop: channel.eventLoop)
                RelayConnection.releaseEnd(of: channel)
                return inner
            }
        }.get()
        return RelayConnection(channel: channel, handler: handler, outer: self)
    }

    /// The first there is: of the protocol that was spoken before.
    private static func releaseEnd(of channel: any Channel) {
        guard let context = try? channel.pipeline.syncOperations.context(handlerType: HeldEnd.self) else { return }
        (context.handler as? HeldEnd)?.release(context)
    }

    private static func removeHandlers(_ handler: NIOLoopBound<RelayHandler>, of channel: any Channel) -> EventLoopFuture<Void> {
        channel.pipeline.syncOperations.removeHandler(handler.value)
            .flatMap { channel.pipeline.removeHandler(name: RelayHandler.encoderName) }
            .flatMap { channel.pipeline.removeHandler(name: RelayHandler.decoderName) }
    }
}
