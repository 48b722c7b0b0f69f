import NIOHTTP1
import Synchronization
import Testing

@testable import ClusterTransport

/// Requests that are passed on to another server.
@Suite struct RelayTests {
    private final class Collected: BodyWriter {
        private let bytes = Mutex<[UInt8]>([])
        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
        func write(_ piece: [UInt8]) async throws { bytes.withLock { $0 += piece } }
    }

    /// Tells the headers that it is asked with, a line each, in small letters.
    private static let telling = Answers(later: { request in
        let lines = request.headers.map { "\($0.name.lowercased()): \($0.value)" }.sorted()
        return HTTPResponse(status: 200, body: .bytes(Array(lines.joined(separator: "\n").utf8)))
    })

    private func body(_ response: HTTPResponse) async throws -> String {
        switch response.body {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .stream(let produce):
            let collected = Collected()
            try await produce(collected)
            return collected.text
        }
    }

    @Test func `what concerns the connection stays, also what the client names; what is added cannot be named away`() async throws {
        try await withListener(Self.telling) { listener in
            let answer = try await HTTPRelay(host: "127.0.0.1", port: listener.port).forward(
                method: "GET", target: "/",
                headers: [
                    "Host": "x", "Connection": "keep-alive, X-Own, X-Forwarded-Uri", "Keep-Alive": "5", "X-Own": "1", "TE": "gzip",
                    "Proxy-Authorization": "secret", "X-Kept": "2", "X-Forwarded-Uri": "/lie",
                ], adding: [("X-Forwarded-Uri", "/truth")])
            #expect(try await body(answer) == "connection: close\nhost: x\nx-forwarded-uri: /truth\nx-kept: 2")
        }
    }

    @Test func `a wish for another protocol is passed on only where it is allowed`() async throws {
        try await withListener(Self.telling) { listener in
            let relay = HTTPRelay(host: "127.0.0.1", port: listener.port)
            for (isAllowed, expected) in [(true, "connection: Upgrade\nhost: x\nupgrade: echo"), (false, "connection: close\nhost: x")] {
                let answer = try await relay.forward(
                    method: "GET", target: "/", headers: ["Host": "x", "Connection": "Upgrade", "Upgrade": "echo"],
                    isUpgradeAllowed: isAllowed)
                #expect(try await body(answer) == expected)
            }
        }
    }

    @Test func `of the answer too, what concerns the connection stays behind`() async throws {
        let answers = Answers(later: { _ in
            HTTPResponse(status: 200, headers: [("Connection", "X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("X-End", "2")])
        })
        try await withListener(answers) { listener in
            let answer = try await HTTPRelay(host: "127.0.0.1", port: listener.port).forward(method: "GET", target: "/", headers: [:])
            #expect(answer.headers.map { "\($0.0): \($0.1)" } == ["X-End: 2"])
        }
    }

    @Test func `an answer without a body that is passed on leaves the connection in order`() async throws {
        let behind = Answers(later: { HTTPResponse(status: $0.path == "/none" ? 204 : 304) })
        try await withListener(behind) { inner in
            let relay = HTTPRelay(host: "127.0.0.1", port: inner.port)
            let front = Answers(later: { request in
                if request.path == "/last" { return HTTPResponse(status: 200) }
                let answer = try? await relay.forward(method: "GET", target: request.path, headers: request.headers)
                return answer ?? HTTPResponse(status: 502)
            })
            try await withListener(front) { outer in
                let last = "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n"
                let text = try await Peer(outer.port).ask("GET /none HTTP/1.1\r\n\r\nGET /same HTTP/1.1\r\n\r\n" + last)
                #expect(
                    text == "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"
                        + "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            }
        }
    }

    /// Whoever speaks the other protocol comes only when the server has said everything and gone.
    @Test(arguments: [5, 500_000]) func `all that a server says is passed on, also when it has closed already`(length: Int) async throws {
        let said = String(repeating: "x", count: length)
        for _ in 0..<20 {
            let behind = try AnswerAndClose()
            let relay = HTTPRelay(host: "127.0.0.1", port: behind.port)
            let front = Answers(later: { request in
                let serving = Task {
                    await behind.serve("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n" + said)
                }
                let answer = try? await relay.forward(method: "GET", target: "/", headers: request.headers)
                if length < 1000 { await serving.value }
                return answer ?? HTTPResponse(status: 502)
            })
            try await withListener(front) { outer in
                let text = try await Peer(outer.port).ask("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 101"))
                #expect(text.count { $0 == "x" } >= length)
                #expect(text.hasSuffix("\r\n\r\n" + said))
            }
        }
    }
}
