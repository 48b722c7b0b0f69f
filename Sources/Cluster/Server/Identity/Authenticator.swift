import ClusterAPI
import ClusterTransport

/// Finds out who makes a request: by client certificate, else by bearer token.
struct Authenticator: Sendable {
    private let server: APIServer

    init(_ server: APIServer) { self.server = server }

    /// Anonymous when nothing is shown.
    /// - Throws: 401 for a token that is not known.
    func user(of request: HTTPRequest) throws(APIError) -> UserInfo {
        if let peer = request.peer, !peer.commonName.isEmpty {
            return UserInfo(name: peer.commonName, groups: peer.organizations + ["system:authenticated"])
        }
        guard let header = request.headers.first(name: "Authorization") else { return .anonymous }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .unauthorized() }
        guard let user = server.configuration.tokens.user(of: String(parts[1])) else { throw .unauthorized() }
        return user
    }
}
