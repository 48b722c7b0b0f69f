import NIOCore
import NIOHTTP1

extension HTTPConnection {
    func answer(_ request: HTTPRequest) {
        state = .answering(nil)
        if let response = responder.respondNow(to: request) {
            if case .bytes(let bytes) = response.body, response.upgrade == nil { return send(response, bytes, flush: false) }
            return perform { response }
        }
        let responder = responder
        perform { await responder.respond(to: request) }
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

    /// Nothing is read after this answer.
    private var isLast: Bool { !exchange.keepsAlive || isDraining || body != nil }

    /// The channel closes when the last of the last answer has left, unless some of the request has yet to come.
    private func closing(_ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
        guard isLast, body == nil else { return nil }
        let channel = context.channel
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        return promise
    }

    private func send(_ response: HTTPResponse, _ bytes: [UInt8], flush: Bool) {
        guard case .answering = state, let context else { return }
        if isLast { exchange.keepsAlive = false }
        framing.write(response, bytes, exchange, to: context, closing(context))
        finish(flush: flush)
    }

    /// False when the answer is complete without its body.
    private func beginStream(_ response: HTTPResponse) -> Bool {
        guard case .answering = state, let context else { return false }
        if exchange.isOld || isLast { exchange.keepsAlive = false }
        if !exchange.hasBody(response) {
            send(response, [], flush: true)
            return false
        }
        if exchange.isHead {
            framing.writeHead(response, exchange, to: context, closing(context))
            finish(flush: true)
            return false
        }
        framing.writeHead(response, exchange, to: context, nil)
        isStreaming = true
        if isDraining, case .answering(let task?) = state { task.cancel() }
        context.flush()
        return true
    }

    func write(_ bytes: [UInt8], _ promise: EventLoopPromise<Void>) {
        guard case .answering = state, let context, context.channel.isActive else {
            promise.fail(ChannelError.ioOnClosedChannel)
            return
        }
        framing.writePiece(bytes, exchange, to: context)
        context.flush()
        if context.channel.isWritable { promise.succeed() } else { waiting.append(promise) }
    }

    private func endStream(isComplete: Bool) {
        isStreaming = false
        guard case .answering = state, let context else { return }
        guard isComplete else {
            context.close(promise: nil)
            return
        }
        framing.writeEnd(exchange, to: context, closing(context))
        finish(flush: true)
    }

    /// Takes the next request, or waits for the close.
    private func finish(flush: Bool) {
        guard let context else { return }
        releaseBody()
        if isLast {
            context.flush()
            if body != nil {
                linger()
                processQueue()
            } else {
                state = .lingering
                deadline?.set(in: .seconds(limits.requestSeconds))
            }
            return
        }
        if flush { context.flush() } else { needsFlush = true }
        guard context.channel.isWritable else {
            if !flush { context.flush() }
            state = .flushing
            return
        }
        becomeIdle()
        processQueue()
    }

    func becomeIdle() {
        state = .idle
        deadline?.set(in: .seconds(limits.idleSeconds))
        if isDraining { context?.close(promise: nil) }
    }

    // MARK: - Upgrades

    /// Hands the connection over to another protocol; what the peer sent behind its request goes along.
    private func upgrade(_ response: HTTPResponse, _ handle: @escaping @Sendable (UpgradedStream) async throws -> Void) {
        guard case .answering = state, let context else { return }
        guard !framing.isForOneRequest else {
            let refusal = HTTPResponse(status: 400, headers: [("Content-Type", "text/plain; charset=utf-8")])
            return send(refusal, Array("other protocols are agreed on over HTTP/1.1 alone\n".utf8), flush: true)
        }
        deadline?.cancel()
        releaseBody()
        framing.writeUpgrade(response, to: context)
        context.flush()
        state = .upgraded
        UpgradedStream.take(over: context, from: self, handle)
    }
}
