import ClusterTransport
import Foundation

/// Several streams in the messages of one WebSocket: the first byte of a message says which. (k8s.io/apimachinery, wsstream.)
struct ChannelProtocol: Sendable {
    /// 1 before the status was an object, 4, or 5 with which a client can end a stream.
    let version: Int
    /// In texts, with the stream as a digit.
    let isBase64: Bool

    /// Best first.
    static let all = [
        "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
    ]
    static let closing: UInt8 = 255

    /// - Parameter name: what was agreed on; empty where the client named nothing.
    init(_ name: String) {
        version = name.hasPrefix("v5.") ? 5 : name.hasPrefix("v4.") ? 4 : 1
        isBase64 = name.contains("base64.")
    }

    /// The stream and what is said in it; nil for an empty or malformed message.
    func read(_ message: [UInt8]) -> (channel: UInt8, bytes: [UInt8])? {
        guard let first = message.first else { return nil }
        guard isBase64 else { return (first, Array(message.dropFirst())) }
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= first, let data = Data(base64Encoded: Data(message.dropFirst())) else { return nil }
        return (first - UInt8(ascii: "0"), Array(data))
    }

    func send(_ bytes: [UInt8], on channel: UInt8, over socket: WebSocket) async throws {
        guard isBase64 else { return try await socket.send([channel] + bytes) }
        try await socket.send(text: [UInt8(ascii: "0") + channel] + Array(Data(bytes).base64EncodedString().utf8))
    }
}
