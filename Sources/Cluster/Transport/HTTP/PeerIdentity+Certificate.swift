import Crypto
import NIOCore
import NIOSSL
import X509

extension PeerIdentity {
    /// Who the certificate of a TLS connection says its peer is; nil without one.
    init?(of context: ChannelHandlerContext) {
        guard let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let presented = tls.peerCertificate, let der = try? presented.toDERBytes(),
            let certificate = try? Certificate(derEncoded: der), var identity = ClusterCA.identity(of: certificate)
        else { return nil }
        let digits = SHA256.hash(data: der).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        identity.credential = ["X509SHA256=\(digits.joined())"]
        self = identity
    }
}
