import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Passes requests on to another HTTP server, each over a connection of its own, and hands back the answers as they come, also the
/// agreement to another protocol and all that is said in it.
public struct HTTPRelay: Sendable {
    private let tls: NIOSSLContext?
    private let connect: @Sendable (ClientBootstrap) async throws -> any Channel

    /// To a server that an address reaches.
    public init(host: String, port: Int, tls: NIOSSLContext? = nil) {
        self.tls = tls
        connect = { try await $0.connect(host: host, port: port).get() }
    }

    /// To the server at the other end of a socket that `socket` connects and gives away.
    public init(tls: NIOSSLContext? = nil, socket: @escaping @Sendable () async throws -> CInt) {
        self.tls = tls
        connect = { try await $0.withConnectedSocket(try await socket()).get() }
    }

    /// - Parameters:
    ///   - target: path and query, as they are to be sent.
    ///   - headers: those of the request that are the client's; what concerns the connection is left out and said anew.
    ///   - isUpgradeAllowed: whether a wish for another protocol is passed on too.
    /// - Returns: the answer, whose body streams; with 101 its `upgrade` joins both connections.
    /// - Throws: when the server cannot be reached or gives no answer.
    public func forward(
        method: String, target: String, headers: HTTPHeaders, body: [UInt8] = [], isUpgradeAllowed: Bool = true
    ) async throws -> HTTPResponse {
        let connection = try await RelayConnection.open(tls: tls, connect: connect)
        do {
            connection.send(HTTPRelay.head(method, target, headers, body, isUpgradeAllowed), body)
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

    private static func head(
        _ method: String, _ target: String, _ headers: HTTPHeaders, _ body: [UInt8], _ isUpgradeAllowed: Bool
    ) -> HTTPRequestHead {
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
        var kept = HTTPHeaders()
        for (name, value) in headers {
            let lower = name.lowercased()
            if !connectionHeaders.contains(lower), !named.contains(lower) { kept.add(name: name, value: value) }
        }
        let wish = headers[canonicalForm: "upgrade"].joined(separator: ", ")
        if isUpgradeAllowed, named.contains("upgrade"), !wish.isEmpty {
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
        let isUpgrade = head.status == .switchingProtocols
        for (name, value) in head.headers {
            let lower = name.lowercased()
            if !connectionHeaders.contains(lower) || (isUpgrade && lower == "upgrade") { response.headers.append((name, value)) }
        }
        if isUpgrade {
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
