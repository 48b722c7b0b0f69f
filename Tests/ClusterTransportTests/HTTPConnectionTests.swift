import ClusterTransport
import NIOCore
import Synchronization
import Testing

@Suite struct HTTPConnectionTests {
    private let get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
    private let last = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    private func statusLines(_ text: String) -> [Substring] {
        text.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") }
    }

    @Test func `a connection is kept for the next request, and requests sent ahead are answered in order`() async throws {
        try await withListener { listener in
            let peer = try Peer(listener.port)
            let first = await peer.ask(get, until: "0")
            #expect(first == "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nGET /a b=c 0")
            let rest = await peer.ask(get + "POST /p HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + last)
            #expect(rest.contains("GET /a b=c 0HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nPOST /p  3HTTP"))
            #expect(rest.hasSuffix("Connection: close\r\nContent-Length: 12\r\n\r\nGET /last  0"))
        }
    }

    @Test func `answers at hand and answers made in tasks keep the order of the requests`() async throws {
        let answers = Answers(
            now: { $0.path == "/now" ? HTTPResponse(status: 200, body: .bytes(Array("now;".utf8))) : nil },
            later: { _ in HTTPResponse(status: 200, body: .bytes(Array("later;".utf8))) })
        try await withListener(answers) { listener in
            let one = "GET /now HTTP/1.1\r\n\r\n"
            let two = "GET /later HTTP/1.1\r\n\r\n"
            let text = try await Peer(listener.port).ask(one + two + one + two + last)
            let bodies = text.split(separator: "\r\n").compactMap { $0.split(separator: "HTTP/1.1").first }.filter { $0.hasSuffix(";") }
            #expect(bodies == ["now;", "later;", "now;", "later;", "later;"])
        }
    }

    @Test(arguments: [
        ("NONSENSE\r\n\r\n", "400 Bad Request"), ("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400 Bad Request"),
        ("GET /%zz/a HTTP/1.1\r\n\r\n", "400 Bad Request"), ("GET a HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", "413 Payload Too Large"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 300_000))\r\n\r\n", "431 Request Header Fields Too Large"),
        ("GET /\(String(repeating: "x", count: 70_000)) HTTP/1.1\r\n\r\n", "414 URI Too Long"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", "501 Not Implemented"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 Not Implemented"),
        ("POST / HTTP/1.1\r\nExpect: the moon\r\nContent-Length: 1\r\n\r\n", "417 Expectation Failed"),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n\(String(repeating: "x", count: 0x400000))",
            "413 Payload Too Large"
        ),
    ]) func `what cannot be taken is refused, and the connection closes`(request: String, status: String) async throws {
        try await withListener { listener in
            let text = try await Peer(listener.port).ask(request)
            #expect(statusLines(text) == ["HTTP/1.1 \(status)"])
            #expect(text.contains("Connection: close"))
        }
    }

    @Test func `a large body is read only of those who may send one, and the memory for all of them is bounded`() async throws {
        var limits = HTTPLimits()
        limits.allBodies = 3000
        limits.largeBody = 1000
        let answers = Answers(first: { $0.headers.contains(name: "Authorization") ? nil : HTTPResponse(status: 401) })
        try await withListener(answers, limits: limits) { listener in
            let head = "POST / HTTP/1.1\r\nContent-Length: 2500\r\n"
            #expect(statusLines(try await Peer(listener.port).ask(head + "\r\n")) == ["HTTP/1.1 401 Unauthorized"])
            let known = "\(head)Authorization: x\r\n"
            let (most, rest) = (String(repeating: "x", count: 2000), String(repeating: "x", count: 500))
            let holder = try Peer(listener.port)
            _ = await holder.ask("\(known)Expect: 100-continue\r\n\r\n\(most)", until: "100 Continue\r\n\r\n")
            let second = try await Peer(listener.port).ask("\(known)\r\n\(most)")
            #expect(statusLines(second) == ["HTTP/1.1 429 Too Many Requests"] && second.contains("Retry-After: 1"))
            #expect(await holder.ask(rest, until: " 2500").contains("200 OK"))
            // What the answered one held can be used again.
            #expect(try await Peer(listener.port).ask("\(known)\r\n\(most)\(rest)", until: " 2500").contains("200 OK"))
        }
    }

    @Test func `a body that is wanted as it comes may be longer than others, and the connection goes on`() async throws {
        var limits = HTTPLimits()
        limits.body = 1000
        limits.allBodies = 1000
        try await withListener(Answers.counting, limits: limits) { listener in
            let peer = try Peer(listener.port)
            let long = String(repeating: "x", count: 5_000_000)
            let answer = await peer.ask("POST /stream HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n" + long, until: "5000000")
            #expect(answer == "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n/stream 5000000")
            let chunked = "POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            #expect(await peer.ask(chunked + get, until: " 0").hasSuffix("/stream 5HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n/a 0"))
            #expect(await peer.ask("POST /other HTTP/1.1\r\nContent-Length: 5000\r\n\r\n").contains("413 Payload Too Large"))
        }
    }

    @Test func `what nobody takes of such a body stays with its sender`() async throws {
        let (taken, take) = AsyncStream<Void>.makeStream()
        let answers = Answers(
            now: { $0.method == "GET" ? HTTPResponse(status: 200) : nil },
            later: { request in
                for await _ in taken {}
                return await Answers.counting.later(request)
            }, streams: { _ in true })
        try await withListener(answers) { listener in
            let peer = try Peer(listener.port)
            let sent = Mutex(false)
            let body = String(repeating: "x", count: 30_000_000)
            @Sendable func send() async {
                await peer.send("POST /stream HTTP/1.1\r\nContent-Length: 30000000\r\n\r\n" + body)
                sent.withLock { $0 = true }
            }
            async let upload: Void = send()
            // Others are answered while it waits.
            for _ in 0..<20 { #expect(try await Peer(listener.port).ask("GET / HTTP/1.1\r\n\r\n", until: "\r\n\r\n").isEmpty == false) }
            #expect(!sent.withLock { $0 })
            take.finish()
            await upload
            #expect(await peer.receive(until: "30000000").hasSuffix("/stream 30000000"))
        }
    }

    @Test func `an answer before such a body has come whole is the last of its connection`() async throws {
        let answers = Answers(later: { _ in HTTPResponse(status: 403, body: .bytes(Array("no".utf8))) }, streams: { _ in true })
        try await withListener(answers) { listener in
            let text = try await Peer(listener.port).ask("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
            #expect(text == "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        }
    }

    @Test func `only who asks for it is told to continue`() async throws {
        try await withListener { listener in
            let peer = try Peer(listener.port)
            let told = await peer.ask("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", until: "\r\n\r\n")
            #expect(told == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(await peer.ask("ab", until: "2").hasSuffix("POST /  2"))
        }
    }

    @Test func `a stream comes in chunks; a peer of HTTP 1.0 gets it plain, HEAD gets only its head`() async throws {
        let answers = Answers(later: { _ in
            HTTPResponse(
                status: 200,
                body: .stream {
                    try await $0.write([97, 98])
                    try await $0.write([99])
                })
        })
        try await withListener(answers) { listener in
            let chunked = try await Peer(listener.port).ask(last)
            #expect(chunked.hasSuffix("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"))
            let plain = try await Peer(listener.port).ask("GET / HTTP/1.0\r\n\r\n")
            #expect(plain == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc")
            let head = try await Peer(listener.port).ask("HEAD / HTTP/1.1\r\n\r\n" + "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
            #expect(statusLines(head).count == 2 && head.hasSuffix("chunked\r\n\r\n"))
        }
    }

    @Test func `HEAD has the length of the body and 204 has none`() async throws {
        let answers = Answers(now: { HTTPResponse(status: $0.path == "/none" ? 204 : 200, body: .bytes([1, 2, 3])) })
        try await withListener(answers) { listener in
            let text = try await Peer(listener.port).ask("GET /none HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
            #expect(text == "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n")
        }
    }

    @Test func `a line's end in a header's value does not begin another header`() async throws {
        let answers = Answers(now: { _ in HTTPResponse(status: 200, headers: [("Warning", "a\r\nSet-Cookie: b")]) })
        try await withListener(answers) { listener in
            let text = try await Peer(listener.port).ask(last)
            #expect(text.contains("Warning: a  Set-Cookie: b\r\n"))
        }
    }

    @Test func `a stream waits for a peer that does not read, and is cancelled when it goes away`() async throws {
        let written = Mutex(0)
        let (ended, end) = AsyncStream<Void>.makeStream()
        let (stalled, stall) = AsyncStream<Int>.makeStream()
        let answers = Answers(later: { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    defer { end.finish() }
                    while true {
                        try await writer.write([UInt8](repeating: 120, count: 65536))
                        stall.yield(
                            written.withLock {
                                $0 += 65536; return $0
                            })
                    }
                })
        })
        try await withListener(answers) { listener in
            var peer: Peer? = try Peer(listener.port)
            await peer?.send(get)
            for await _ in stalled { break }
            peer = nil
            for await _ in ended {}
            // What fits into both sockets' buffers, not what could be written in that time.
            #expect(written.withLock { $0 } < 64 << 20)
        }
    }

    @Test func `a peer that takes nothing is cut off`() async throws {
        var limits = HTTPLimits()
        limits.requestSeconds = 1
        let (ended, end) = AsyncStream<Void>.makeStream()
        let answers = Answers(later: { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    defer { end.finish() }
                    while true { try await writer.write([UInt8](repeating: 120, count: 65536)) }
                })
        })
        try await withListener(answers, limits: limits) { listener in
            let peer = try Peer(listener.port)
            await peer.send(get)
            for await _ in ended {}
        }
    }

    @Test func `a request that does not arrive in time is given up`() async throws {
        var limits = HTTPLimits()
        limits.requestSeconds = 1
        try await withListener(limits: limits) { listener in
            let peer = try Peer(listener.port)
            #expect(await peer.ask("GET / HTT") == "")
            #expect(try await Peer(listener.port).ask("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab") == "")
        }
    }

    @Test func `more connections than allowed are closed at once`() async throws {
        var limits = HTTPLimits()
        limits.connections = 1
        try await withListener(limits: limits) { listener in
            let first = try Peer(listener.port)
            _ = await first.ask(get, until: "0")
            #expect(try await Peer(listener.port).ask(get) == "")
            #expect(await first.ask(last).hasSuffix("GET /last  0"))
        }
    }

    @Test func `an upgraded connection carries plain bytes, those sent ahead included`() async throws {
        let answers = Answers(later: { _ in
            var response = HTTPResponse(status: 101, headers: [("Upgrade", "echo")])
            response.upgrade = { stream in
                for try await bytes in stream.inbound { try await stream.outbound.write(bytes) }
            }
            return response
        })
        try await withListener(answers) { listener in
            let peer = try Peer(listener.port)
            let begin = await peer.ask("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nahead;", until: "ahead;")
            #expect(begin == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nahead;")
            #expect(await peer.ask("more;", until: ";") == "more;")
        }
    }

    @Test func `who asks for another protocol and does not get it is answered, and the connection closes`() async throws {
        try await withListener { listener in
            let text = try await Peer(listener.port).ask("GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + get)
            #expect(text == "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nGET /a  0")
        }
    }

    @Test func `stopping lets a request end, ends streams and closes idle connections`() async throws {
        let (started, start) = AsyncStream<Void>.makeStream()
        let (stopping, stop) = AsyncStream<Void>.makeStream()
        let answers = Answers(later: { request in
            if request.path == "/slow" {
                start.finish()
                for await _ in stopping {}
                return HTTPResponse(status: 200, body: .bytes(Array("done".utf8)))
            }
            return HTTPResponse(
                status: 200,
                body: .stream {
                    try await $0.write([97]); try? await Task.sleep(for: .seconds(600))
                })
        })
        let listener = try await HTTPListener.bind(host: "127.0.0.1", port: 0, tls: nil, responder: answers)
        let running = Task { try await listener.run() }
        let (idle, watching, slow) = (try Peer(listener.port), try Peer(listener.port), try Peer(listener.port))
        #expect(await watching.ask(get, until: "a\r\n").hasSuffix("a\r\n"))
        await slow.send("GET /slow HTTP/1.1\r\n\r\n")
        for await _ in started {}
        running.cancel()
        #expect(await idle.receive() == "")
        stop.finish()
        #expect(await slow.receive().hasSuffix("Connection: close\r\nContent-Length: 4\r\n\r\ndone"))
        #expect(await watching.receive() == "0\r\n\r\n")
        try await running.value
        #expect(throws: (any Error).self) { try Peer(listener.port) }
    }

    @Test func `a port that is taken is said to be`() async throws {
        try await withListener { listener in
            await #expect {
                _ = try await HTTPListener.bind(host: "127.0.0.1", port: listener.port, tls: nil, responder: Answers())
            } throws: { "\($0)" == "cannot listen on 127.0.0.1:\(listener.port): another program uses that port" }
        }
    }
}
