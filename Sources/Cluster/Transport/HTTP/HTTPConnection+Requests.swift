import NIOCore
import NIOHTTP1

extension HTTPConnection {
    func process(_ part: HTTPServerRequestPart) {
        switch (part, state) {
        case (.head(let head), .idle): begin(head)
        case (.body(var bytes), .reading(let request, var body)):
            guard body.readableBytes + bytes.readableBytes <= limits.body else { return refuseBody() }
            guard budget.take(bytes.readableBytes) else { return refuseForNow() }
            heldBytes += bytes.readableBytes
            // The buffer has one owner while it grows.
            state = .idle
            body.writeBuffer(&bytes)
            state = .reading(request, body)
        case (.end, .reading(var request, let body)):
            deadline?.clear()
            request.body = Array(body.readableBytesView)
            answer(request)
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        exchange = HTTPExchange(
            isHead: head.method == .HEAD, isOld: head.version.major < 1 || head.version == .http1_0,
            keepsAlive: head.isKeepAlive && !isDraining && !framing.isForOneRequest)
        // What follows such a request is not read as HTTP any more, whether or not the other protocol is agreed on.
        if head.headers.contains(name: "upgrade") { exchange.keepsAlive = false }
        deadline?.set(in: .seconds(limits.requestSeconds))
        // Where a request ends that is coded otherwise is not known. Go's words.
        let codings = head.headers["transfer-encoding"]
        guard codings.isEmpty || codings.map({ $0.lowercased() }) == ["chunked"] else {
            return refuse(501, "Unsupported transfer encoding")
        }
        if head.uri.utf8.count > limits.target { return refuse(414, "the request's target is longer than \(limits.target) bytes") }
        // In the words of Go's net/http, which kube-apiserver is served by.
        guard let request = request(head) else { return refuse(400, "400 Bad Request") }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        let hasBody = length.map { $0 > 0 } ?? hasUntoldBody(head)
        let takesStream = hasBody && responder.takesStream(of: request)
        if hasBody, !takesStream {
            if let length, length > limits.body { return refuseBody() }
            // One of unknown length may be as long.
            if (length ?? .max) >= limits.largeBody, let refusal = responder.refusal(of: request) { return refuse(refusal) }
        }
        if let expected = head.headers.first(name: "expect") {
            guard expected.lowercased() == "100-continue" else { return refuse(417, "only 100-continue may be expected") }
            if !exchange.isOld, let context {
                framing.writeContinue(to: context)
                context.flush()
            }
        }
        if takesStream { beginBody(request) } else { state = .reading(request, ByteBuffer()) }
    }

    /// May have a body of unknown length. Requests of HTTP/2 need not say so.
    private func hasUntoldBody(_ head: HTTPRequestHead) -> Bool {
        if head.headers.contains(name: "transfer-encoding") { return true }
        return framing.isForOneRequest && head.method != .GET && head.method != .HEAD
    }

    /// Without its body; nil when its target makes no sense.
    private func request(_ head: HTTPRequestHead) -> HTTPRequest? {
        guard let target = HTTPTarget(head.uri) else { return nil }
        return HTTPRequest(
            method: head.method.rawValue, path: target.path, query: target.query, headers: head.headers, peer: peer, remote: remote)
    }

    // MARK: - Bodies that are handed on as they come

    private func beginBody(_ request: HTTPRequest) {
        guard let loop = context?.eventLoop else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let queue = ByteQueue { loop.execute { bound.value.bodyHasRoom() } }
        body = queue
        var request = request
        request.stream = queue
        answer(request)
    }

    /// A part of such a body.
    func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head: break
        case .body(let bytes):
            deadline?.set(in: .seconds(limits.requestSeconds))
            guard body?.offer(Array(bytes.readableBytesView)) == false else { return }
            isBodyHeld = true
            if context?.channel.isWritable == true { deadline?.clear() }
        case .end:
            body?.finish()
            body = nil
            if context?.channel.isWritable == true { deadline?.clear() }
        }
    }

    private func bodyHasRoom() {
        guard isBodyHeld else { return }
        isBodyHeld = false
        if body != nil { deadline?.set(in: .seconds(limits.requestSeconds)) }
        processQueue()
    }

    // MARK: - Refusals

    private func refuseForNow() {
        var response = HTTPResponse(status: 429, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")])
        response.body = .bytes(Array("Too many requests, please try again later.\n".utf8))
        refuse(response)
    }

    func releaseBody() {
        budget.give(heldBytes)
        heldBytes = 0
    }

    private func refuseBody() { refuse(413, "the request body is larger than \(limits.body) bytes") }

    /// Answers before the request is read whole; the rest of it is dropped for a moment, so that the peer sees the answer, then the
    /// connection closes.
    func refuse(_ status: Int, _ text: String) {
        var response = HTTPResponse(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")])
        response.body = .bytes(Array("\(text)\n".utf8))
        refuse(response)
    }

    private func refuse(_ response: HTTPResponse) {
        guard let context, case .bytes(let bytes) = response.body else { return }
        exchange.keepsAlive = false
        releaseBody()
        framing.write(response, bytes, exchange, to: context, nil)
        context.flush()
        linger()
    }

    /// The last answer is written, and the request not read whole.
    func linger() {
        state = .lingering
        body?.finish(throwing: ChannelError.ioOnClosedChannel)
        body = nil
        isBodyHeld = false
        deadline?.set(in: .seconds(2))
    }
}
