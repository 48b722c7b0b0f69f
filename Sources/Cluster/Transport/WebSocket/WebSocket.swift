import Crypto
import Foundation
import NIOCore

/// The server's end of a WebSocket: messages in both directions. Source: RFC 6455.
public struct WebSocket: ByteLink {
    private static let longestMessage = 4 << 20

    /// The protocol that was agreed on; empty for none.
    public let subprotocol: String
    private let stream: UpgradedStream

    /// Whether a request asks for a WebSocket.
    public static func isAsked(by request: HTTPRequest) -> Bool {
        request.method == "GET" && request.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// Agrees to a WebSocket that `handle` has from then on; it is closed when that returns.
    /// - Parameter subprotocols: those that are spoken, best first. A client that names some of its own must name one of them.
    /// - Returns: 101, or 400 and 426 with the reason.
    public static func response(
        to request: HTTPRequest, subprotocols: [String], handle: @escaping @Sendable (WebSocket) async throws -> Void
    ) -> HTTPResponse {
        func refusal(_ status: Int, _ reason: String) -> HTTPResponse {
            HTTPResponse(
                status: status, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Sec-WebSocket-Version", "13")],
                body: .bytes(Array("\(reason)\n".utf8)))
        }
        guard isAsked(by: request) else { return refusal(426, "a WebSocket must be asked for") }
        guard request.headers.first(name: "sec-websocket-version") == "13" else {
            return refusal(426, "only WebSocket version 13 is spoken")
        }
        guard let key = request.headers.first(name: "sec-websocket-key"), Data(base64Encoded: key)?.count == 16 else {
            return refusal(400, "Sec-WebSocket-Key: must be 16 bytes in base64")
        }
        let offered = request.headers[canonicalForm: "sec-websocket-protocol"].map(String.init)
        let chosen = subprotocols.first { offered.contains($0) }
        if !offered.isEmpty, chosen == nil { return refusal(400, "none of the protocols \(offered.joined(separator: ", ")) is spoken") }
        let accept = Data(Insecure.SHA1.hash(data: Data("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))).base64EncodedString()
        var response = HTTPResponse(status: 101, headers: [("Upgrade", "websocket"), ("Sec-WebSocket-Accept", accept)])
        if let chosen { response.headers.append(("Sec-WebSocket-Protocol", chosen)) }
        response.upgrade = { stream in
            let socket = WebSocket(subprotocol: chosen ?? "", stream: stream)
            do {
                try await stream.untilClosed { try await handle(socket) }
                try await socket.close()
            } catch let failure as WebSocketFrames.Failure {
                try await socket.close(failure.rawValue)
            }
            // The peer closes when it has read that. Who passes on what both say may not have begun to, and would take the end of the
            // connection for the end of it all.
            await stream.end(within: .seconds(5))
        }
        return response
    }

    /// Hands over each message as it comes, until the peer closes. Pings are answered. Called once.
    /// - Throws: when the connection breaks, when the peer breaks the protocol, and what `body` throws.
    public func receive(_ body: ([UInt8]) async throws -> Void) async throws {
        var frames = WebSocketFrames(limit: WebSocket.longestMessage)
        for try await bytes in stream.inbound {
            frames.append(bytes.readableBytesView)
            while let event = try frames.next() {
                switch event {
                case .message(let message): try await body(message)
                case .ping(let payload): try await write(WebSocketFrames.pong(payload))
                case .close: return
                }
            }
        }
    }

    /// Sends a message; returns when the peer can take more.
    public func send(_ bytes: [UInt8]) async throws { try await write(WebSocketFrames.message(bytes)) }

    public func send(text bytes: [UInt8]) async throws { try await write(WebSocketFrames.message(bytes, isText: true)) }

    private func close(_ code: UInt16 = 1000) async throws { try await write(WebSocketFrames.close(code)) }

    private func write(_ bytes: [UInt8]) async throws { try await stream.outbound.write(ByteBuffer(bytes: bytes)) }
}
