import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS
import X509

/// One HTTP/1.1 connection: collects a request, has it answered in a task, writes the answer, then takes the next one.
///
/// Requests sent ahead of an answer wait in the channel: reading is paused while one is being answered.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case reading(HTTPRequestHead, ByteBuffer)
        /// The body is longer than allowed: what is left of it is dropped.
        case refusing(HTTPRequestHead)
        case answering(Task<Void, Never>?)
        case closed
    }

    private let responder: any HTTPResponder
    private let limits: HTTPLimits
    private var state = State.idle
    private var peer: PeerIdentity?
    private var deadline: Scheduled<Void>?
    private var isDraining = false
    /// Writers that wait until the peer has read more.
    private var waiting: [EventLoopPromise<Void>] = []

    init(responder: any HTTPResponder, limits: HTTPLimits) {
        self.responder = responder
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        arm(context, seconds: limits.requestSeconds)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { peer = HTTPConnection.identity(of: context) }
        if event is DrainEvent {
            isDraining = true
            if case .idle = state { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard case .idle = state else { return }
            state = .reading(head, ByteBuffer())
            arm(context, seconds: limits.requestSeconds)
            if head.headers.contains(name: "expect") {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
            }
        case .body(var part):
            guard case .reading(let head, var body) = state else { return }
            guard body.readableBytes + part.readableBytes <= limits.body else {
                state = .refusing(head)
                return
            }
            state = .idle
            body.writeBuffer(&part)
            state = .reading(head, body)
        case .end:
            deadline?.cancel()
            switch state {
            case .reading(let head, let body): answer(head, body, context)
            case .refusing(let head):
                state = .answering(nil)
                let text = Array("the request body is larger than \(limits.body) bytes\n".utf8)
                let response = HTTPResponse(status: 413, headers: [("Content-Type", "text/plain")], body: .bytes(text))
                finish(response, text, head, closing: true, context)
            default: break
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if case .answering(let task?) = state { task.cancel() }
        state = .closed
        for promise in waiting { promise.fail(ChannelError.ioOnClosedChannel) }
        waiting = []
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            let ready = waiting
            waiting = []
            for promise in ready { promise.succeed() }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, case .idle = state {
            let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: ["Connection": "close", "Content-Length": "0"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }

    // MARK: - Answering

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        let target = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let request = HTTPRequest(
            method: head.method.rawValue, path: String(target.first ?? ""), query: target.count > 1 ? String(target[1]) : "",
            headers: head.headers, body: Array(body.readableBytesView), peer: peer)
        let responder = responder
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let task = Task {
            let response = await responder.respond(to: request)
            switch response.body {
            case .bytes(let bytes):
                loop.execute {
                    let (connection, context) = bound.value
                    connection.finish(response, bytes, head, closing: false, context)
                }
            case .stream(let produce):
                let writer = StreamWriter(bound: bound, loop: loop)
                try? await loop.submit { bound.value.0.begin(response, head, bound.value.1) }.get()
                // A stream that fails is cut off: the peer sees an unfinished body.
                let complete = (try? await produce(writer)) != nil
                loop.execute { bound.value.0.end(complete: complete, head, bound.value.1) }
            }
        }
        state = .answering(task)
    }

    private func headers(_ response: HTTPResponse, _ head: HTTPRequestHead, closing: Bool) -> HTTPHeaders {
        var headers = HTTPHeaders(response.headers)
        if closing || isDraining || !head.isKeepAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        return headers
    }

    private func finish(
        _ response: HTTPResponse, _ bytes: [UInt8], _ head: HTTPRequestHead, closing: Bool, _ context: ChannelHandlerContext
    ) {
        guard case .answering = state else { return }
        var headers = headers(response, head, closing: closing)
        headers.replaceOrAdd(name: "Content-Length", value: String(bytes.count))
        let status = HTTPResponseStatus(statusCode: response.status)
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if head.method != .HEAD, !bytes.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
        }
        complete(closing: closing, head, context)
    }

    private func begin(_ response: HTTPResponse, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .answering = state else { return }
        var headers = headers(response, head, closing: false)
        headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
        let status = HTTPResponseStatus(statusCode: response.status)
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    }

    private func end(complete finished: Bool, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .answering = state else { return }
        guard finished else {
            context.close(promise: nil)
            return
        }
        complete(closing: false, head, context)
    }

    private func complete(closing: Bool, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: Void.self)
        let closes = closing || isDraining || !head.isKeepAlive
        if closes {
            let channel = context.channel
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        if closes { return }
        state = .idle
        arm(context, seconds: limits.idleSeconds)
    }

    private func arm(_ context: ChannelHandlerContext, seconds: Int64) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(seconds)) { channel.close(promise: nil) }
    }

    fileprivate func write(_ bytes: [UInt8], _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>) {
        guard case .answering = state, context.channel.isActive else {
            promise.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
        if context.channel.isWritable { promise.succeed() } else { waiting.append(promise) }
    }

    private static func identity(of context: ChannelHandlerContext) -> PeerIdentity? {
        guard let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let presented = tls.peerCertificate, let der = try? presented.toDERBytes(),
            let certificate = try? Certificate(derEncoded: der)
        else { return nil }
        return ClusterCA.identity(of: certificate)
    }
}

/// Sent through a connection's pipeline when the listener stops: finish what is being answered, take nothing new.
struct DrainEvent: Sendable {}

private struct StreamWriter: BodyWriter {
    let bound: NIOLoopBound<(HTTPConnection, ChannelHandlerContext)>
    let loop: any EventLoop

    func write(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        let promise = loop.makePromise(of: Void.self)
        loop.execute { bound.value.0.write(bytes, bound.value.1, promise) }
        try await promise.futureResult.get()
    }
}
