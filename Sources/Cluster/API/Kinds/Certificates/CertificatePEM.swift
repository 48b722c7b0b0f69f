import SwiftASN1
import X509

/// What is wrong with certificates, and with requests for them, in PEM. The words are Go's where they do not depend on how it reads DER.
enum CertificatePEM {
    /// Nil for a request that the key which it is about has signed.
    static func problem(request pem: String) -> String? {
        guard let bytes = PEM.request(pem) else { return "PEM block type must be CERTIFICATE REQUEST" }
        guard let request = try? CertificateSigningRequest(derEncoded: bytes) else {
            return "asn1: structure error: the PEM block holds no certificate request"
        }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            return "x509: the request is not signed by the key that it is about"
        }
        return nil
    }

    /// Nil for nothing at all, or certificates and nothing else.
    static func problem(certificates pem: String) -> String? {
        if pem.isEmpty { return nil }
        let blocks = PEM.blocks(pem)
        if blocks.isEmpty { return "must contain at least one CERTIFICATE PEM block" }
        for block in blocks {
            guard block.type == Certificate.defaultPEMDiscriminator else {
                return "only CERTIFICATE PEM blocks are allowed, found \"\(block.type)\""
            }
            guard (try? Certificate(derEncoded: block.bytes)) != nil else { return "x509: malformed certificate" }
        }
        return nil
    }
}
