import Crypto
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS
import X509

/// One HTTP/1.1 connection: collects a request, has it answered, writes the answer, then takes the next one.
///
/// What is sent ahead of an answer waits: reading is paused while it does. An answer that is there at once is written without leaving the
/// event loop; others are made in a task that is cancelled when the connection closes.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    static let decoderName = "skiff-http-decoder"

    private enum State {
        /// Between requests → reading, lingering, closed.
        case idle
        /// A request's head is there → answering, lingering, closed.
        case reading(HTTPRequestHead, ByteBuffer)
        /// → idle, flushing, closed; lingering when the peer sends nonsense meanwhile.
        case answering(Task<Void, Never>?)
        /// The answer is written, but the peer does not take it yet → idle, closed.
        case flushing
        /// The last answer is written; what still comes is dropped → closed.
        case lingering
        /// The bytes are another protocol's now, and another handler's.
        case upgraded
        case closed
    }

    /// What must be known of a request to frame its answer.
    private struct Exchange {
        var isHead: Bool
        var isOld: Bool
        var keepsAlive: Bool
    }

    private let responder: any HTTPResponder
    private let limits: HTTPLimits
    private let budget: BodyBudget
    /// What of it the request that is read or answered holds.
    private var heldBytes = 0
    private var state = State.idle
    private var exchange = Exchange(isHead: false, isOld: false, keepsAlive: true)
    private var peer: PeerIdentity?
    private var remote = ""
    private var context: ChannelHandlerContext?
    private var deadline: LazyDeadline?
    private var isDraining = false
    private var isStreaming = false
    /// Parts of later requests.
    private var queue = CircularBuffer<HTTPServerRequestPart>()
    private var isProcessing = false
    private var isReadSuppressed = false
    private var needsFlush = false
    /// Writers that wait until the peer has read more.
    private var waiting: [EventLoopPromise<Void>] = []
    /// Bytes that had not left when the peer was last looked at.
    private var stalledBytes = Int.max

    init(responder: any HTTPResponder, limits: HTTPLimits, budget: BodyBudget) {
        self.responder = responder
        self.limits = limits
        self.budget = budget
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        remote = context.remoteAddress?.ipAddress ?? ""
        deadline = LazyDeadline(context.eventLoop) { [weak self] in self?.deadlinePassed() }
        deadline?.set(in: .seconds(limits.requestSeconds))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    // MARK: - Events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { peer = PeerIdentity(of: context) }
        if event is DrainEvent {
            isDraining = true
            switch state {
            case .idle, .flushing, .lingering: context.close(promise: nil)
            // A stream may never end by itself.
            case .answering(let task?) where isStreaming: task.cancel()
            default: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        queue.append(unwrapInboundIn(data))
        processQueue()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if queue.isEmpty { context.read() } else { isReadSuppressed = true }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if case .answering(let task?) = state { task.cancel() }
        state = .closed
        releaseBody()
        queue.removeAll()
        for promise in waiting { promise.fail(ChannelError.ioOnClosedChannel) }
        waiting = []
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            let ready = waiting
            waiting = []
            for promise in ready { promise.succeed() }
            if case .flushing = state {
                becomeIdle()
                processQueue()
            } else if case .answering = state {
                deadline?.clear()
            }
        } else {
            stalledBytes = Int.max
            deadline?.set(in: .seconds(limits.requestSeconds))
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let parsing = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        switch state {
        case .idle, .reading:
            exchange = Exchange(isHead: false, isOld: false, keepsAlive: false)
            if parsing == .headerOverflow {
                refuse(431, "the request's headers are too long")
            } else {
                refuse(400, "malformed HTTP request")
            }
        case .answering, .flushing: exchange.keepsAlive = false
        case .lingering, .upgraded, .closed: break
        }
    }

    private func deadlinePassed() {
        guard let context else { return }
        if !context.channel.isWritable {
            // Slow is not stuck: a peer that has taken enough is given more time.
            let left = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if left + limits.slowestReader * Int(limits.requestSeconds) <= stalledBytes {
                stalledBytes = left
                deadline?.set(in: .seconds(limits.requestSeconds))
                return
            }
        }
        context.close(promise: nil)
    }

    // MARK: - Requests

    private func processQueue() {
        if isProcessing { return }
        isProcessing = true
        defer { isProcessing = false }
        while let part = queue.first {
            switch state {
            case .answering, .flushing, .upgraded: return
            case .lingering, .closed: queue.removeAll()
            case .idle, .reading:
                queue.removeFirst()
                process(part)
            }
        }
        if isReadSuppressed {
            isReadSuppressed = false
            context?.read()
        }
    }

    private func process(_ part: HTTPServerRequestPart) {
        switch (part, state) {
        case (.head(let head), .idle): begin(head)
        case (.body(var bytes), .reading(let head, var body)):
            guard body.readableBytes + bytes.readableBytes <= limits.body else { return refuseBody() }
            guard budget.take(bytes.readableBytes) else { return refuseForNow() }
            heldBytes += bytes.readableBytes
            // The buffer has one owner while it grows.
            state = .idle
            body.writeBuffer(&bytes)
            state = .reading(head, body)
        case (.end, .reading(let head, let body)): answer(head, body)
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        exchange = Exchange(
            isHead: head.method == .HEAD, isOld: head.version.major < 1 || head.version == .http1_0,
            keepsAlive: head.isKeepAlive && !isDraining)
        // What follows such a request is not read as HTTP any more, whether or not the other protocol is agreed on.
        if head.headers.contains(name: "upgrade") { exchange.keepsAlive = false }
        deadline?.set(in: .seconds(limits.requestSeconds))
        if head.uri.utf8.count > limits.target { return refuse(414, "the request's target is longer than \(limits.target) bytes") }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limits.body { return refuseBody() }
        if isLarge(head), let refusal = responder.refusal(of: request(head)) { return refuse(refusal) }
        if let expected = head.headers.first(name: "expect") {
            guard expected.lowercased() == "100-continue" else { return refuse(417, "only 100-continue may be expected") }
            if !exchange.isOld {
                var buffer = ByteBuffer()
                buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
                context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            }
        }
        state = .reading(head, ByteBuffer())
    }

    /// Has a body that may take much memory.
    private func isLarge(_ head: HTTPRequestHead) -> Bool {
        if head.headers.contains(name: "transfer-encoding") { return true }
        return (head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0) >= limits.largeBody
    }

    private func refuseForNow() {
        var response = HTTPResponse(status: 429, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")])
        response.body = .bytes(Array("Too many requests, please try again later.\n".utf8))
        refuse(response)
    }

    private func releaseBody() {
        budget.give(heldBytes)
        heldBytes = 0
    }

    private func refuseBody() { refuse(413, "the request body is larger than \(limits.body) bytes") }

    /// Answers before the request is read whole; the rest of it is dropped for a moment, so that the peer sees the answer, then the
    /// connection closes.
    private func refuse(_ status: Int, _ text: String) {
        var response = HTTPResponse(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")])
        response.body = .bytes(Array("\(text)\n".utf8))
        refuse(response)
    }

    private func refuse(_ response: HTTPResponse) {
        guard let context, case .bytes(let bytes) = response.body else { return }
        exchange.keepsAlive = false
        releaseBody()
        var buffer = context.channel.allocator.buffer(capacity: 256 + bytes.count)
        HTTPResponseBytes.head(response, .known(bytes.count), connection: "close", into: &buffer)
        if !exchange.isHead { buffer.writeBytes(bytes) }
        state = .lingering
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        deadline?.set(in: .seconds(2))
    }

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer) {
        deadline?.clear()
        let request = request(head, body: Array(body.readableBytesView))
        state = .answering(nil)
        if let response = responder.respondNow(to: request) {
            if case .bytes(let bytes) = response.body, response.upgrade == nil { return send(response, bytes, flush: false) }
            return perform { response }
        }
        let responder = responder
        perform { await responder.respond(to: request) }
    }

    private func request(_ head: HTTPRequestHead, body: [UInt8] = []) -> HTTPRequest {
        let target = head.uri.utf8
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        return HTTPRequest(
            method: head.method.rawValue, path: String(head.uri[..<mark]),
            query: mark == target.endIndex ? "" : String(head.uri[target.index(after: mark)...]), headers: head.headers, body: body,
            peer: peer, remote: remote)
    }

    /// Makes the answer in a task.
    private func perform(_ respond: @escaping @Sendable () async -> HTTPResponse) {
        guard let loop = context?.eventLoop else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let task = Task {
            let response = await respond()
            if let upgraded = response.upgrade {
                loop.execute { bound.value.upgrade(response, upgraded) }
                return
            }
            switch response.body {
            case .bytes(let bytes): loop.execute { bound.value.send(response, bytes, flush: true) }
            case .stream(let produce):
                guard let wantsBody = try? await loop.submit({ bound.value.beginStream(response) }).get() else { return }
                guard wantsBody else { return }
                // A stream that fails is cut off: the peer sees an unfinished body.
                let isComplete = (try? await produce(StreamWriter(bound: bound, loop: loop))) != nil
                loop.execute { bound.value.endStream(isComplete: isComplete) }
            }
        }
        state = .answering(task)
    }

    // MARK: - Answers

    private var connectionHeader: String? {
        if !exchange.keepsAlive || isDraining { return "close" }
        return exchange.isOld ? "keep-alive" : nil
    }

    private func send(_ response: HTTPResponse, _ bytes: [UInt8], flush: Bool) {
        guard case .answering = state, let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 256 + bytes.count)
        let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
        HTTPResponseBytes.head(response, hasBody ? .known(bytes.count) : .none, connection: connectionHeader, into: &buffer)
        if hasBody, !exchange.isHead { buffer.writeBytes(bytes) }
        finish(buffer, flush: flush)
    }

    /// False when the answer is complete without its body.
    private func beginStream(_ response: HTTPResponse) -> Bool {
        guard case .answering = state, let context else { return false }
        if exchange.isOld { exchange.keepsAlive = false }
        var buffer = context.channel.allocator.buffer(capacity: 512)
        HTTPResponseBytes.head(response, exchange.isOld ? .untilClosed : .chunked, connection: connectionHeader, into: &buffer)
        if exchange.isHead {
            finish(buffer, flush: true)
            return false
        }
        isStreaming = true
        if isDraining, case .answering(let task?) = state { task.cancel() }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        return true
    }

    func write(_ bytes: [UInt8], _ promise: EventLoopPromise<Void>) {
        guard case .answering = state, let context, context.channel.isActive else {
            promise.fail(ChannelError.ioOnClosedChannel)
            return
        }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count + 16)
        if exchange.isOld { buffer.writeBytes(bytes) } else { HTTPResponseBytes.chunk(bytes, into: &buffer) }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        if context.channel.isWritable { promise.succeed() } else { waiting.append(promise) }
    }

    private func endStream(isComplete: Bool) {
        isStreaming = false
        guard case .answering = state, let context else { return }
        guard isComplete else {
            context.close(promise: nil)
            return
        }
        var buffer = context.channel.allocator.buffer(capacity: 8)
        if !exchange.isOld { HTTPResponseBytes.lastChunk(into: &buffer) }
        finish(buffer, flush: true)
    }

    /// Writes the last of an answer and takes the next request, or closes.
    private func finish(_ last: ByteBuffer, flush: Bool) {
        guard let context else { return }
        releaseBody()
        if !exchange.keepsAlive || isDraining {
            state = .lingering
            deadline?.set(in: .seconds(limits.requestSeconds))
            let channel = context.channel
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(last), promise: promise)
            return
        }
        context.write(wrapOutboundOut(last), promise: nil)
        if flush { context.flush() } else { needsFlush = true }
        guard context.channel.isWritable else {
            if !flush { context.flush() }
            state = .flushing
            return
        }
        becomeIdle()
        processQueue()
    }

    private func becomeIdle() {
        state = .idle
        deadline?.set(in: .seconds(limits.idleSeconds))
        if isDraining { context?.close(promise: nil) }
    }

    // MARK: - Upgrades

    /// Hands the connection over to another protocol; what the peer sent behind its request goes along.
    private func upgrade(_ response: HTTPResponse, _ handle: @escaping @Sendable (UpgradedStream) async throws -> Void) {
        guard case .answering = state, let context else { return }
        deadline?.cancel()
        releaseBody()
        var buffer = context.channel.allocator.buffer(capacity: 512)
        HTTPResponseBytes.head(response, .none, connection: "Upgrade", into: &buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        state = .upgraded
        UpgradedStream.take(over: context, from: self, handle)
    }
}

extension PeerIdentity {
    /// Who the certificate of a TLS connection says its peer is; nil without one.
    fileprivate init?(of context: ChannelHandlerContext) {
        guard let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let presented = tls.peerCertificate, let der = try? presented.toDERBytes(),
            let certificate = try? Certificate(derEncoded: der), var identity = ClusterCA.identity(of: certificate)
        else { return nil }
        let digits = SHA256.hash(data: der).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        identity.credential = ["X509SHA256=\(digits.joined())"]
        self = identity
    }
}
