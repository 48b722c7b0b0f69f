import NIOCore
import NIOHTTP1

/// Answers the requests of one client: collects a request, has it answered, writes the answer, then takes the next one. Of HTTP/2 each
/// stream has one of these, for its one request.
///
/// What is sent ahead of an answer waits: reading is paused while it does. An answer that is there at once is written without leaving the
/// event loop; others are made in a task that is cancelled when the connection closes. How requests are read is in
/// HTTPConnection+Requests, how answers are written in HTTPConnection+Answers.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    static let decoderName = "skiff-http-decoder"

    enum State {
        /// Between requests → reading, answering, lingering, closed.
        case idle
        /// A request's head is there, and what has come of its body → answering, lingering, closed.
        case reading(HTTPRequest, ByteBuffer)
        /// → idle, flushing, closed; lingering when it was the last, and when the peer sends nonsense meanwhile.
        case answering(Task<Void, Never>?)
        /// The answer is written, but the peer does not take it yet → idle, closed.
        case flushing
        /// The last answer is written; what still comes is dropped → closed.
        case lingering
        /// The bytes are another protocol's now, and another handler's.
        case upgraded
        case closed
    }

    let responder: any HTTPResponder
    let limits: HTTPLimits
    let framing: any HTTPFraming
    let budget: BodyBudget
    let peer: PeerIdentity?
    let remote: String
    var state = State.idle
    var exchange = HTTPExchange()
    /// What the request that is read or answered holds of the budget.
    var heldBytes = 0
    /// Where the body of a request goes that is answered while it comes; nil when none comes any more.
    var body: ByteQueue?
    /// That has no room now.
    var isBodyHeld = false
    var context: ChannelHandlerContext?
    var deadline: LazyDeadline?
    var isDraining = false
    var isStreaming = false
    var needsFlush = false
    /// Writers that wait until the peer has read more.
    var waiting: [EventLoopPromise<Void>] = []
    private var reader: SlowReader
    /// Parts of later requests.
    private var queue = CircularBuffer<HTTPServerRequestPart>()
    private var isProcessing = false
    private var isReadSuppressed = false

    /// - Parameters:
    ///   - peer: from the client's certificate.
    ///   - remote: the client's address.
    init(
        responder: any HTTPResponder, limits: HTTPLimits, budget: BodyBudget, framing: any HTTPFraming, peer: PeerIdentity?,
        remote: String
    ) {
        self.responder = responder
        self.limits = limits
        self.budget = budget
        self.framing = framing
        self.peer = peer
        self.remote = remote
        reader = SlowReader(limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = LazyDeadline(context.eventLoop) { [weak self] in self?.deadlinePassed() }
        deadline?.set(in: .seconds(limits.requestSeconds))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    // MARK: - Events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isDraining = true
            switch state {
            // A stream of HTTP/2 that was opened is answered; what is being sent is sent.
            case .idle: if !framing.isForOneRequest { context.close(promise: nil) }
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
        if queue.isEmpty, !isBodyHeld { context.read() } else { isReadSuppressed = true }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if case .answering(let task?) = state { task.cancel() }
        state = .closed
        releaseBody()
        body?.finish(throwing: ChannelError.ioOnClosedChannel)
        body = nil
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
            } else if case .answering = state, body == nil || isBodyHeld {
                deadline?.clear()
            } else if case .lingering = state {
                // The last of it leaves.
                deadline?.set(in: .seconds(limits.requestSeconds))
            }
        } else {
            reader.begin(sent: framing.sent(context))
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
            exchange = HTTPExchange()
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
        // Slow is not stuck: a peer that has taken enough is given more time.
        if !context.channel.isWritable, reader.hasTakenEnough(sent: framing.sent(context)) {
            deadline?.set(in: .seconds(limits.requestSeconds))
            return
        }
        context.close(promise: nil)
    }

    // MARK: - Parts of requests

    func processQueue() {
        if isProcessing { return }
        isProcessing = true
        loop: while let part = queue.first {
            switch state {
            case .answering where body != nil && !isBodyHeld:
                queue.removeFirst()
                take(part)
            case .answering, .flushing, .upgraded: break loop
            case .lingering, .closed: queue.removeAll()
            case .idle, .reading:
                queue.removeFirst()
                process(part)
            }
        }
        isProcessing = false
        // A stream of HTTP/2 may hand on at once what waits in it: that is worked off by another call of this.
        if queue.isEmpty, !isBodyHeld, isReadSuppressed {
            isReadSuppressed = false
            context?.read()
        }
    }
}
