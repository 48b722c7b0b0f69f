import NIOCore
import NIOHTTP1

/// Puts answers on the wire as one version of HTTP has them. Nothing is flushed.
protocol HTTPFraming {
    /// Whether a channel ends with its first request, and is no connection that another protocol could take over.
    var isForOneRequest: Bool { get }
    /// Bytes that have left so far.
    func sent(_ context: ChannelHandlerContext) -> Int

    func writeContinue(to context: ChannelHandlerContext)
    /// An answer that is at hand.
    /// - Parameter promise: kept when it has left.
    func write(
        _ response: HTTPResponse, _ body: [UInt8], _ exchange: HTTPExchange, to context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?)
    /// The beginning of an answer that comes in pieces.
    func writeHead(
        _ response: HTTPResponse, _ exchange: HTTPExchange, to context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?)
    func writePiece(_ bytes: [UInt8], _ exchange: HTTPExchange, to context: ChannelHandlerContext)
    func writeEnd(_ exchange: HTTPExchange, to context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?)
    /// The agreement to another protocol.
    func writeUpgrade(_ response: HTTPResponse, to context: ChannelHandlerContext)
}

/// What must be known of a request to frame its answer.
struct HTTPExchange {
    /// It wants only the head of the answer.
    var isHead = false
    /// Of a client that does not know chunks.
    var isOld = false
    /// Another request may follow.
    var keepsAlive = true

    func hasBody(_ response: HTTPResponse) -> Bool { response.status >= 200 && response.status != 204 && response.status != 304 }
}

/// HTTP/1.1: the bytes themselves.
struct HTTP1Framing: HTTPFraming {
    var isForOneRequest: Bool { false }

    func sent(_ context: ChannelHandlerContext) -> Int { WrittenBytes.sent(context.channel) }

    func writeContinue(to context: ChannelHandlerContext) {
        var buffer = ByteBuffer()
        buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.write(NIOAny(buffer), promise: nil)
    }

    func write(
        _ response: HTTPResponse, _ body: [UInt8], _ exchange: HTTPExchange, to context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        var buffer = context.channel.allocator.buffer(capacity: 256 + body.count)
        let hasBody = exchange.hasBody(response)
        HTTPResponseBytes.head(response, hasBody ? .known(body.count) : .none, connection: connection(exchange), into: &buffer)
        if hasBody, !exchange.isHead { buffer.writeBytes(body) }
        context.write(NIOAny(buffer), promise: promise)
    }

    func writeHead(
        _ response: HTTPResponse, _ exchange: HTTPExchange, to context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        var buffer = context.channel.allocator.buffer(capacity: 512)
        HTTPResponseBytes.head(response, exchange.isOld ? .untilClosed : .chunked, connection: connection(exchange), into: &buffer)
        context.write(NIOAny(buffer), promise: promise)
    }

    func writePiece(_ bytes: [UInt8], _ exchange: HTTPExchange, to context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: bytes.count + 16)
        if exchange.isOld { buffer.writeBytes(bytes) } else { HTTPResponseBytes.chunk(bytes, into: &buffer) }
        context.write(NIOAny(buffer), promise: nil)
    }

    func writeEnd(_ exchange: HTTPExchange, to context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        var buffer = context.channel.allocator.buffer(capacity: 8)
        if !exchange.isOld { HTTPResponseBytes.lastChunk(into: &buffer) }
        context.write(NIOAny(buffer), promise: promise)
    }

    func writeUpgrade(_ response: HTTPResponse, to context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: 512)
        HTTPResponseBytes.head(response, .none, connection: "Upgrade", into: &buffer)
        context.write(NIOAny(buffer), promise: nil)
    }

    private func connection(_ exchange: HTTPExchange) -> String? {
        if !exchange.keepsAlive { return "close" }
        return exchange.isOld ? "keep-alive" : nil
    }
}
