import NIOHTTP1
import Testing

@testable import ClusterTransport

@Suite struct WebSocketFramesTests {
    /// A frame as a client sends it.
    private func masked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let mask: [UInt8] = [1, 2, 3, 4]
        var bytes: [UInt8] = [first]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }

    private func events(_ bytes: [UInt8], piece: Int = .max, limit: Int = 1000) throws -> [WebSocketFrames.Event] {
        var frames = WebSocketFrames(limit: limit)
        var events: [WebSocketFrames.Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            frames.append(rest.prefix(piece))
            rest = rest.dropFirst(min(piece, rest.count))
            while let event = try frames.next() { events.append(event) }
        }
        return events
    }

    @Test(arguments: [1, 2, 7, 5000]) func `messages come whole however they are cut, with pings between their pieces`(piece: Int) throws {
        let long = [UInt8](repeating: 7, count: 300)
        let bytes =
            masked(0x82, [1, 2]) + masked(0x02, [3]) + masked(0x89, [9]) + masked(0x80, [4]) + masked(0x81, long) + masked(0x8A, [])
            + masked(0x88, [3, 232])
        #expect(
            try events(bytes, piece: piece) == [.message([1, 2]), .ping([9]), .message([3, 4]), .message(long), .close(1000)])
    }

    static let broken: [([UInt8], WebSocketFrames.Failure)] = [
        ([0x82, 1, 0], .protocolError), ([0xC2, 0x80, 0, 0, 0, 0], .protocolError), ([0x83, 0x80, 0, 0, 0, 0], .protocolError),
        ([0x09, 0x80, 0, 0, 0, 0], .protocolError), ([0x80, 0x80, 0, 0, 0, 0], .protocolError),
        ([0x88, 0x81, 0, 0, 0, 0, 1], .protocolError), ([0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255], .tooLong),
        ([0x82, 0xFE, 0x10, 0x00, 0, 0, 0, 0], .tooLong),
    ]

    @Test(arguments: broken) func `what breaks the protocol is turned down`(bytes: [UInt8], failure: WebSocketFrames.Failure) {
        #expect(throws: failure) { try events(bytes) }
    }

    @Test func `a message in pieces is no longer than one in one`() {
        let bytes = masked(0x02, [UInt8](repeating: 0, count: 600)) + masked(0x80, [UInt8](repeating: 0, count: 600))
        #expect(throws: WebSocketFrames.Failure.tooLong) { try events(bytes) }
    }

    @Test func `whatever bytes come, reading them ends`() {
        var seed: UInt64 = 42
        func random() -> UInt8 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(seed >> 56)
        }
        for _ in 0..<20000 {
            var bytes = masked(0x82, [1, 2, 3]) + masked(0x89, [])
            for _ in 0..<3 { bytes[Int(random()) % bytes.count] = random() }
            _ = try? events(bytes, piece: 1 + Int(random() % 5))
        }
    }
}

@Suite struct WebSocketTests {
    private let asking =
        "GET /exec HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v4.x, v5.x\r\n\r\n"

    private var echo: Answers {
        Answers(later: { request in
            WebSocket.response(to: request, subprotocols: ["v5.x", "v4.x"]) { socket in
                try await socket.receive { try await socket.send(text: $0) }
            }
        })
    }

    @Test func `a client is told the accepting key and the best protocol, then messages pass`() async throws {
        try await withListener(echo) { listener in
            let peer = try Peer(listener.port)
            let told = await peer.ask(asking, until: "\r\n\r\n")
            // The key and its answer are RFC 6455's own example.
            #expect(told.contains("HTTP/1.1 101 Switching Protocols\r\n") && told.contains("Connection: Upgrade\r\n"))
            #expect(told.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(told.contains("Sec-WebSocket-Protocol: v5.x\r\n"))
            // "hi", masked by zeros, comes back as a text; a close is answered by one.
            #expect(await peer.ask(bytes: [0x82, 0x82, 0, 0, 0, 0, 104, 105], count: 4) == [0x81, 2, 104, 105])
            #expect(await peer.ask(bytes: [0x88, 0x80, 0, 0, 0, 0], count: 4) == [0x88, 2, 3, 232])
        }
    }

    @Test func `a request that is no handshake is refused with the reason`() async throws {
        let request = HTTPRequest(method: "GET", path: "/", headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "8"])
        let response = WebSocket.response(to: request, subprotocols: []) { _ in }
        #expect(response.status == 426 && response.upgrade == nil)
        let other = HTTPRequest(
            method: "GET", path: "/",
            headers: [
                "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Protocol": "v1.y",
            ])
        #expect(WebSocket.response(to: other, subprotocols: ["v5.x"]) { _ in }.status == 400)
    }
}
