import ClusterTransport
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import Testing

/// HTTP/2, which TLS agrees on: many requests on one connection, each in a stream of its own.
@Suite struct HTTP2Tests {
    private func withTLS(
        _ answers: Answers = Answers(), limits: HTTPLimits = HTTPLimits(),
        run: @escaping @Sendable (HTTP2Peer, HTTPListener) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let authority = try ClusterCA(directory: directory.path)
        let tls = try authority.serverContext(authority.serverCredential(names: ["localhost"], addresses: ["127.0.0.1"]))
        try await withListener(answers, limits: limits, tls: tls) { listener in
            let peer = try await HTTP2Peer(listener.port, authority)
            try await run(peer, listener)
            await peer.close()
        }
    }

    @Test func `requests of one connection are answered side by side, by who the certificate says asks`() async throws {
        let (going, go) = AsyncStream<Void>.makeStream()
        let answers = Answers(
            now: { $0.path == "/now" ? HTTPResponse(status: 200, body: .bytes(Array("\($0.peer?.commonName ?? "") now".utf8))) : nil },
            later: { request in
                if request.path == "/slow" { for await _ in going {} }
                return await Answers.echo(request)
            })
        try await withTLS(answers) { peer, _ in
            async let slow = peer.ask("GET", "/slow")
            #expect(try await peer.ask("GET", "/now") == "200 jane now")
            #expect(try await peer.ask("POST", "/a?b=c", body: [1, 2, 3]) == "200 POST /a b=c 3")
            #expect(try await peer.ask("HEAD", "/now") == "200 ")
            go.finish()
            let answer = try await slow
            #expect(answer == "200 GET /slow  0")
        }
    }

    @Test func `what cannot be taken is refused, and the connection goes on`() async throws {
        var limits = HTTPLimits()
        limits.body = 1000
        limits.target = 1000
        try await withTLS(limits: limits) { peer, _ in
            let long = try await peer.ask("POST", "/", body: [UInt8](repeating: 0, count: 1001))
            #expect(long.hasPrefix("413 "))
            let far = try await peer.ask("GET", "/" + String(repeating: "x", count: 1000))
            #expect(far.hasPrefix("414 "))
            #expect(try await peer.ask("GET", "/%zz") == "400 400 Bad Request\n")
            #expect(try await peer.ask("GET", "/") == "200 GET /  0")
        }
    }

    @Test func `a body that is wanted as it comes may be longer than others, and than all windows`() async throws {
        var limits = HTTPLimits()
        limits.body = 1000
        limits.allBodies = 1000
        try await withTLS(.counting, limits: limits) { peer, _ in
            let body = [UInt8](repeating: 120, count: 3_000_000)
            let long = try await peer.ask("POST", "/stream", body: body)
            let short = try await peer.ask("POST", "/stream", body: [1, 2, 3])
            #expect(long == "200 /stream 3000000" && short == "200 /stream 3")
        }
    }

    @Test func `a connection is taken over by no other protocol`() async throws {
        let answers = Answers(later: { _ in
            var response = HTTPResponse(status: 101, headers: [("Upgrade", "echo")])
            response.upgrade = { _ in }
            return response
        })
        try await withTLS(answers) { peer, _ in
            let answer = try await peer.ask("GET", "/")
            #expect(answer.hasPrefix("400 "))
        }
    }

    /// What is at `/stream` goes on until it is cut off.
    private func endless(
        wrote: @escaping @Sendable (Int) -> Void = { _ in }, ended: @escaping @Sendable () -> Void
    ) -> Answers {
        Answers(later: { request in
            guard request.path == "/stream" else { return await Answers.echo(request) }
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    defer { ended() }
                    let piece = [UInt8](repeating: 120, count: 65536)
                    while true {
                        try await writer.write(piece)
                        wrote(piece.count)
                    }
                })
        })
    }

    @Test func `a stream waits for a peer that does not take it, and others do not`() async throws {
        let written = Mutex(0)
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await withTLS(endless(wrote: { count in written.withLock { $0 += count } }, ended: { end.finish() })) { peer, _ in
            try await peer.unread("/stream")
            for _ in 0..<20 { #expect(try await peer.ask("GET", "/") == "200 GET /  0") }
            // Its window and what may wait for it.
            #expect(written.withLock { $0 } < 1 << 20)
            await peer.close()
            for await _ in ended {}
        }
    }

    @Test func `a peer that takes nothing is cut off`() async throws {
        var limits = HTTPLimits()
        limits.requestSeconds = 1
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await withTLS(endless(ended: { end.finish() }), limits: limits) { peer, _ in
            try await peer.unread("/stream")
            for await _ in ended {}
            // The stream is, not the connection.
            #expect(try await peer.ask("GET", "/") == "200 GET /  0")
        }
    }

    @Test func `a peer that takes its requests back all the time is cut off`() async throws {
        var limits = HTTPLimits()
        limits.resets = 50
        let running = Mutex((now: 0, most: 0))
        let answers = Answers(later: { request in
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            defer { running.withLock { $0.now -= 1 } }
            try? await Task.sleep(for: .seconds(600))
            return await Answers.echo(request)
        })
        try await withTLS(answers, limits: limits) { [limits] peer, _ in
            for _ in 0..<1000 where peer.isOpen { try? await peer.takeBack("/") }
            await peer.isClosed()
            // What was begun for it has ended.
            while running.withLock({ $0.now }) > 0 { try await Task.sleep(for: .milliseconds(10)) }
            let most = running.withLock { $0.most }
            #expect(most <= limits.streams)
        }
    }

    @Test func `stopping says goodbye: what is asked is answered, streams end, the connection closes`() async throws {
        let (started, start) = AsyncStream<Void>.makeStream()
        let (going, go) = AsyncStream<Void>.makeStream()
        let answers = Answers(later: { request in
            if request.path == "/stream" {
                return HTTPResponse(
                    status: 200,
                    body: .stream {
                        try await $0.write([97])
                        start.yield()
                        try? await Task.sleep(for: .seconds(600))
                    })
            }
            start.yield()
            for await _ in going {}
            return await Answers.echo(request)
        })
        let directory = try TemporaryDirectory()
        let authority = try ClusterCA(directory: directory.path)
        let tls = try authority.serverContext(authority.serverCredential(names: ["localhost"], addresses: ["127.0.0.1"]))
        let listener = try await HTTPListener.bind(host: "127.0.0.1", port: 0, tls: tls, responder: answers)
        let running = Task { try await listener.run() }
        let peer = try await HTTP2Peer(listener.port, authority)
        async let slow = peer.ask("GET", "/slow")
        async let stream = peer.ask("GET", "/stream")
        var begun = 0
        for await _ in started {
            begun += 1
            if begun == 2 { break }
        }
        running.cancel()
        let streamed = try await stream
        #expect(streamed == "200 a")
        go.finish()
        let answer = try await slow
        #expect(answer == "200 GET /slow  0")
        await peer.isClosed()
        try await running.value
    }
}

/// A client of one connection.
final class HTTP2Peer: Sendable {
    typealias Stream = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private let channel: any Channel
    private let streams: NIOHTTP2Handler.AsyncStreamMultiplexer<Never>
    private let unread = Mutex<[any Channel]>([])

    init(_ port: Int, _ authority: ClusterCA) async throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.certificatePEM.utf8)))
        tls.applicationProtocols = ["h2"]
        let credential = try authority.clientCredential(user: "jane", groups: [])
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(credential.certificate.utf8)).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(credential.key.utf8), format: .pem))
        let context = try NIOSSLContext(configuration: tls)
        (channel, streams) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                }.flatMap {
                    channel.configureAsyncHTTP2Pipeline(mode: .client) { $0.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
                }.map { (channel, $0) }
            }
    }

    var isOpen: Bool { channel.isActive }
    func close() async { try? await channel.close().get() }
    func isClosed() async { try? await channel.closeFuture.get() }

    private func open(autoRead: Bool = true) async throws -> Stream {
        try await streams.openStream { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https))
                return try Stream(wrappingChannelSynchronously: stream)
            }
        }
    }

    private func head(_ method: String, _ target: String) -> HTTPClientRequestPart {
        .head(HTTPRequestHead(version: .http2, method: HTTPMethod(rawValue: method), uri: target, headers: ["host": "localhost"]))
    }

    /// The status and the body.
    func ask(_ method: String, _ target: String, body: [UInt8] = []) async throws -> String {
        try await open().executeThenClose { inbound, outbound in
            try await outbound.write(head(method, target))
            if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
            try await outbound.write(.end(nil))
            var (status, text) = (0, "")
            for try await part in inbound {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes): text += String(buffer: bytes)
                case .end: return "\(status) \(text)"
                }
            }
            return "\(status) \(text)"
        }
    }

    /// Asks, and takes nothing of the answer: the windows stay as they are.
    func unread(_ target: String) async throws {
        let stream = try await streams.openStream { stream in
            stream.setOption(.autoRead, value: false).flatMapThrowing {
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https))
                return stream
            }
        }
        stream.write(head("GET", target), promise: nil)
        try await stream.writeAndFlush(HTTPClientRequestPart.end(nil)).get()
        unread.withLock { $0.append(stream) }
    }

    /// Asks, and gives it up.
    func takeBack(_ target: String) async throws {
        let stream = try await streams.openStream { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https))
                return stream
            }
        }
        stream.write(head("GET", target), promise: nil)
        try await stream.writeAndFlush(HTTPClientRequestPart.end(nil)).get()
        try await stream.close().get()
    }
}
