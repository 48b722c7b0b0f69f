import ClusterAPI
import ClusterTransport

/// Finds out who makes a request: by client certificate, else by bearer token, of the token file or of a service account.
struct Authenticator: Sendable {
    private let server: APIServer

    init(_ server: APIServer) { self.server = server }

    /// Anonymous when nothing is shown.
    /// - Throws: 401 for a token that is not known.
    func user(of request: HTTPRequest) throws(APIError) -> UserInfo {
        if let peer = request.peer, !peer.commonName.isEmpty {
            return UserInfo(
                name: peer.commonName, groups: peer.organizations + ["system:authenticated"],
                extra: peer.credential.isEmpty ? [:] : ["authentication.kubernetes.io/credential-id": peer.credential])
        }
        guard let header = request.headers.first(name: "Authorization") else { return .anonymous }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .unauthorized() }
        let token = String(parts[1])
        if let user = server.configuration.tokens.user(of: token) { return user }
        guard let account = ServiceAccountTokens(server: server).user(of: token, now: .now) else { throw .unauthorized() }
        return account
    }
}
