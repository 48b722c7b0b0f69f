import ClusterAPI
import ClusterTransport
import NIOHTTP1
import NIOSSL

/// Reaches the HTTPS endpoints of nodes, as the API server, under mutual TLS.
public final class NodeConnection: Sendable {
    /// Whom the API server is to a node.
    public static let user = "kube-apiserver-kubelet-client"

    private let tls: NIOSSLContext

    /// - Parameters:
    ///   - credential: the API server's client certificate, of ``user``.
    ///   - authority: PEM of who signs the nodes' certificates.
    public init(credential: Credential, authority: String) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(credential.certificate.utf8)).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(credential.key.utf8), format: .pem))
        self.tls = try NIOSSLContext(configuration: tls)
    }

    /// Where a node's endpoint is.
    struct Address: Sendable {
        var host: String
        var port: Int
    }

    /// To a node's endpoint.
    func relay(to node: Address) -> HTTPRelay { HTTPRelay(host: node.host, port: node.port, tls: tls) }

    /// To a server that the node reaches in its network.
    /// - Parameter tls: when that server speaks it.
    func relay(through node: Address, to host: String, _ port: Int, tls inner: NIOSSLContext?) -> HTTPRelay {
        HTTPRelay(through: relay(to: node), target: "/dial/\(Percent.encode(host))/\(port)", tls: inner)
    }

    /// Passes a request on to a node and hands back what it answers, as it comes.
    /// - Parameter target: kubelet's path and query.
    /// - Throws: 500 naming the node's address when it cannot be reached.
    func forward(
        _ request: HTTPRequest, to node: Address, target: String, isUpgradeAllowed: Bool = true
    ) async throws(APIError) -> HTTPResponse {
        var headers = NodeConnection.withoutCredentials(request.headers)
        headers.replaceOrAdd(name: "Host", value: "\(node.host):\(node.port)")
        do {
            return try await relay(to: node).forward(
                method: request.method, target: target, headers: headers, body: request.body, isUpgradeAllowed: isUpgradeAllowed)
        } catch {
            throw .internalError("the node at \(node.host):\(node.port) cannot be reached: \(error)")
        }
    }

    /// Who asks has been found out here, and is nobody else's business.
    static func withoutCredentials(_ headers: HTTPHeaders) -> HTTPHeaders {
        var kept = headers
        for name in headers.map(\.name) where isCredential(name) { kept.remove(name: name) }
        return kept
    }

    private static func isCredential(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower == "authorization" || lower.hasPrefix("impersonate-")
    }
}
