import AsyncHTTPClient
import ClusterAPI
import ClusterTransport
import NIOCore
import NIOHTTP1
import NIOSSL

/// Reaches the HTTPS endpoints of nodes, as the API server, under mutual TLS.
public final class NodeConnection: Sendable {
    /// Whom the API server is to a node.
    public static let user = "kube-apiserver-kubelet-client"

    private let http: HTTPClient

    /// - Parameters:
    ///   - credential: the API server's client certificate, of ``user``.
    ///   - authority: PEM of who signs the nodes' certificates.
    public init(credential: Credential, authority: String) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(credential.certificate.utf8)).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(credential.key.utf8), format: .pem))
        var settings = HTTPClient.Configuration(tlsConfiguration: tls)
        settings.timeout.connect = .seconds(10)
        settings.redirectConfiguration = .disallow
        // A followed log holds its connection.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    deinit { http.shutdown(queue: .global()) { _ in } }

    /// Asks a node and hands on what it answers, as it comes.
    /// - Throws: 500 naming the node's address when it cannot be reached; what the node answers with 4xx and 5xx.
    func get(host: String, port: Int, path: String) async throws(APIError) -> HTTPResponse {
        let answer: HTTPClientResponse
        do {
            var request = HTTPClientRequest(url: "https://\(host):\(port)\(path)")
            request.headers.add(name: "User-Agent", value: "skiff-apiserver")
            answer = try await http.execute(request, deadline: .distantFuture)
        } catch {
            throw .internalError("the node at \(host):\(port) cannot be reached: \(error)")
        }
        let status = Int(answer.status.code)
        guard status < 400 else {
            let text = try? await answer.body.collect(upTo: 1 << 16)
            let message = text.map { String(buffer: $0).trimmingSuffix(while: \.isNewline) } ?? ""
            throw status == 400 || status == 404
                ? .badRequest(String(message)) : .internalError("the node answered \(status): \(message)")
        }
        let body = answer.body
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "text/plain")],
            body: .stream { writer in for try await piece in body { try await writer.write(Array(piece.readableBytesView)) } })
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[startIndex..<end]
    }
}
