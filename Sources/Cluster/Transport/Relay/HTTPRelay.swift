import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Passes requests on to another HTTP server, each over a connection of its own, and hands back the answers as they come, also the
/// agreement to another protocol and all that is said in it.
public struct HTTPRelay: Sendable {
    /// The agreement that a server made to carry bytes elsewhere, see ``init(through:target:tls:)``.
    public static let tunnelProtocol = "tcp"

    private let connect: @Sendable () async throws -> RelayConnection

    /// To a server that an address reaches.
    public init(host: String, port: Int, tls: NIOSSLContext? = nil) {
        connect = { try await RelayConnection.open(host: host, port: port, tls: tls) }
    }

    /// To a server that another one reaches: that is asked for `target` with ``tunnelProtocol``, and joins the connection with it.
    public init(through outer: HTTPRelay, target: String, tls: NIOSSLContext? = nil) {
        connect = {
            let connection = try await outer.connect()
            var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target)
            head.headers = ["Host": "tunnel", "Connection": "Upgrade", "Upgrade": HTTPRelay.tunnelProtocol, "Content-Length": "0"]
            connection.send(head, [])
            guard case .head(let answer)? = try await connection.next() else { throw ChannelError.eof }
            guard answer.status == .switchingProtocols else { throw TunnelRefused(reason: try await connection.text()) }
            return try await connection.nested(tls: tls)
        }
    }

    /// Another server could not reach the one that is meant; in its words.
    public struct TunnelRefused: Error, CustomStringConvertible {
        public let reason: String
        public var description: String { reason }
    }

    /// - Parameters:
    ///   - target: path and query, as they are to be sent.
    ///   - headers: those of the request that are the client's; what concerns the connection is left out and said anew.
    ///   - added: what who passes it on says besides, instead of what the client may have said; the client cannot have it left out.
    ///   - stream: instead of the body, what comes of one.
    ///   - isUpgradeAllowed: whether a wish for another protocol is passed on too.
    /// - Returns: the answer, whose body streams; with 101 its `upgrade` joins both connections.
    /// - Throws: when the server cannot be reached or gives no answer.
    public func forward(
        method: String, target: String, headers: HTTPHeaders, adding added: [(String, String)] = [], body: [UInt8] = [],
        stream: ByteQueue? = nil, isUpgradeAllowed: Bool = true
    ) async throws -> HTTPResponse {
        let connection = try await connect()
        do {
            var head = HTTPRelay.head(method, target, headers, body, isUpgradeAllowed)
            for (name, value) in added { head.headers.replaceOrAdd(name: name, value: value) }
            if let stream {
                let length = headers.first(name: "content-length")
                head.headers.remove(name: "content-length")
                head.headers.add(name: length == nil ? "Transfer-Encoding" : "Content-Length", value: length ?? "chunked")
                connection.send(head, stream)
            } else {
                connection.send(head, body)
            }
            guard case .head(let head)? = try await connection.next() else { throw ChannelError.eof }
            return HTTPRelay.answer(head, connection)
        } catch {
            connection.close()
            throw error
        }
    }

    // MARK: - The request

    private static let connectionHeaders: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "expect",
    ]

    /// Whether a client wants another protocol on its connection.
    public static func isUpgradeAsked(_ headers: HTTPHeaders) -> Bool {
        headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// Without what concerns one connection: known headers, and those that `Connection` names. (RFC 9110, section 7.6.1.)
    private static func endToEnd(_ headers: HTTPHeaders) -> HTTPHeaders {
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
        var kept = HTTPHeaders()
        for (name, value) in headers {
            let lower = name.lowercased()
            if !connectionHeaders.contains(lower), !named.contains(lower) { kept.add(name: name, value: value) }
        }
        return kept
    }

    private static func head(
        _ method: String, _ target: String, _ headers: HTTPHeaders, _ body: [UInt8], _ isUpgradeAllowed: Bool
    ) -> HTTPRequestHead {
        var kept = endToEnd(headers)
        let wish = headers[canonicalForm: "upgrade"].joined(separator: ", ")
        if isUpgradeAllowed, isUpgradeAsked(headers), !wish.isEmpty {
            kept.add(name: "Connection", value: "Upgrade")
            kept.add(name: "Upgrade", value: wish)
        } else {
            kept.add(name: "Connection", value: "close")
        }
        if !body.isEmpty || method == "POST" || method == "PUT" || method == "PATCH" {
            kept.add(name: "Content-Length", value: String(body.count))
        }
        return HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target, headers: kept)
    }

    // MARK: - The answer

    private static func answer(_ head: HTTPResponseHead, _ connection: RelayConnection) -> HTTPResponse {
        var response = HTTPResponse(status: Int(head.status.code))
        response.headers = endToEnd(head.headers).map { ($0.name, $0.value) }
        if head.status == .switchingProtocols {
            for value in head.headers["upgrade"] { response.headers.append(("Upgrade", value)) }
            response.upgrade = { client in
                let upgraded = try await connection.upgraded()
                try await upgraded.executeThenClose { inbound, outbound in
                    try await client.join(UpgradedStream(inbound, outbound, of: upgraded.channel))
                }
            }
        } else {
            response.body = .stream { writer in
                defer { connection.close() }
                while let part = try await connection.next() {
                    switch part {
                    case .head: continue
                    case .body(let bytes): try await writer.write(Array(bytes.readableBytesView))
                    case .end: return
                    }
                }
                // Closed before the answer's end.
                throw ChannelError.eof
            }
        }
        return response
    }
}
