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

    /// Passes a request on to a node and hands back what it answers, as it comes.
    /// - Parameters:
    ///   - target: kubelet's path and query.
    ///   - method: instead of the request's.
    /// - Throws: 500 naming the node's address when it cannot be reached.
    func forward(
        _ request: HTTPRequest, to node: Address, target: String, method: String? = nil, isUpgradeAllowed: Bool = true
    ) async throws(APIError) -> HTTPResponse {
        var headers = request.headers
        // Who asks has been found out here.
        for name in headers.map(\.name) where NodeConnection.isCredential(name) { headers.remove(name: name) }
        headers.replaceOrAdd(name: "Host", value: "\(node.host):\(node.port)")
        do {
            return try await HTTPRelay(host: node.host, port: node.port, tls: tls).forward(
                method: method ?? request.method, target: target, headers: headers, body: request.body, isUpgradeAllowed: isUpgradeAllowed)
        } catch {
            throw .internalError("the node at \(node.host):\(node.port) cannot be reached: \(error)")
        }
    }

    private static func isCredential(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower == "authorization" || lower.hasPrefix("impersonate-")
    }
}
