import NIOHTTP1

/// The agreement to speak SPDY/3.1 on a connection that began as HTTP. Source: k8s.io/apimachinery, httpstream and httpstream/spdy.
public enum SPDYUpgrade {
    private static let name = "SPDY/3.1"
    private static let versionHeader = "X-Stream-Protocol-Version"
    /// How long a client that has been told that its session is over may take to close it.
    private static let patience = Duration.seconds(10)

    /// Whether a request asks for it.
    public static func isAsked(by request: HTTPRequest) -> Bool {
        request.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == name.lowercased() }
    }

    /// Agrees to a session that `handle` has from then on; it ends when that returns, or the client goes, which cancels it.
    /// - Parameters:
    ///   - protocols: what can be spoken in it, best first.
    ///   - handle: with the protocol that was agreed on.
    /// - Returns: 101, or 400 and 403 with the reason.
    public static func response(
        to request: HTTPRequest, protocols: [String], handle: @escaping @Sendable (SPDYSession, String) async throws -> Void
    ) -> HTTPResponse {
        func refusal(_ status: Int, _ reason: String, _ headers: [(String, String)] = []) -> HTTPResponse {
            HTTPResponse(
                status: status, headers: [("Content-Type", "text/plain; charset=utf-8")] + headers, body: .bytes(Array("\(reason)\n".utf8)))
        }
        let offered = request.headers[canonicalForm: versionHeader].map(String.init)
        guard !offered.isEmpty else { return refusal(400, "unable to upgrade: \(versionHeader) is required") }
        guard let chosen = offered.first(where: protocols.contains) else {
            let (theirs, ours) = (offered.joined(separator: " "), protocols.joined(separator: " "))
            return refusal(
                403, "unable to upgrade: unable to negotiate protocol: client supports [\(theirs)], server accepts [\(ours)]",
                protocols.map { ("X-Accepted-Stream-Protocol-Versions", $0) })
        }
        var response = HTTPResponse(status: 101, headers: [("Upgrade", name), (versionHeader, chosen)])
        response.upgrade = { stream in
            try await run(SPDYSession(stream)) { session in try await handle(session, chosen) }
        }
        return response
    }

    /// Serves a session over any connection, with the same rules.
    public static func run(_ session: SPDYSession, _ handle: @escaping @Sendable (SPDYSession) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await session.run() }
            group.addTask {
                try await handle(session)
                // What the client has sent and nobody has read would make the end of the connection tear down what it has yet to read.
                try await session.goAway()
                try await Task.sleep(for: patience)
            }
            try await group.next()
        }
    }
}
