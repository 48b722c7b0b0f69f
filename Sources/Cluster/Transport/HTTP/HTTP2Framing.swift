import NIOCore
import NIOHTTP1

/// HTTP/2: parts of an answer in a stream of its own, which swift-nio-http2 makes frames of, as the peer's windows allow.
final class HTTP2Framing: HTTPFraming {
    /// What is written at a time: what has left is known for each.
    private static let longestPiece = 32 << 10

    private var sentBytes = 0

    var isForOneRequest: Bool { true }
    func sent(_ context: ChannelHandlerContext) -> Int { sentBytes }

    func writeContinue(to context: ChannelHandlerContext) {
        context.write(part(.head(HTTPResponseHead(version: .http2, status: .continue))), promise: nil)
    }

    func write(
        _ response: HTTPResponse, _ body: [UInt8], _ exchange: HTTPExchange, to context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        let hasBody = exchange.hasBody(response)
        context.write(part(.head(head(response, length: hasBody ? body.count : nil))), promise: nil)
        if hasBody, !exchange.isHead { writePiece(body, exchange, to: context) }
        writeEnd(exchange, to: context, promise)
    }

    func writeHead(
        _ response: HTTPResponse, _ exchange: HTTPExchange, to context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        context.write(part(.head(head(response, length: nil))), promise: exchange.isHead ? nil : promise)
        if exchange.isHead { writeEnd(exchange, to: context, promise) }
    }

    func writePiece(_ bytes: [UInt8], _ exchange: HTTPExchange, to context: ChannelHandlerContext) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(HTTP2Framing.longestPiece)
            rest = rest.dropFirst(piece.count)
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenSuccess { self.sentBytes += piece.count }
            context.write(part(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: sent)
        }
    }

    func writeEnd(_ exchange: HTTPExchange, to context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        context.write(part(.end(nil)), promise: promise)
    }

    /// Never called: who answers is told that there is no connection to take over.
    func writeUpgrade(_ response: HTTPResponse, to context: ChannelHandlerContext) {}

    private func part(_ part: HTTPServerResponsePart) -> NIOAny { NIOAny(part) }

    private func head(_ response: HTTPResponse, length: Int?) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        for (name, value) in response.headers where !HTTPResponseBytes.isFraming(name) {
            headers.add(name: name, value: HTTPResponseBytes.oneLine(value))
        }
        if let length { headers.add(name: "content-length", value: String(length)) }
        return HTTPResponseHead(version: .http2, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }
}
