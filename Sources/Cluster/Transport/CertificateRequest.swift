import Foundation
import X509

/// Somebody's wish for a certificate (PKCS #10), and what signers look at in it.
public struct CertificateRequest: Sendable {
    let request: CertificateSigningRequest
    private let alternatives: [GeneralName]

    /// - Throws: when it is not one in DER.
    public init(der bytes: [UInt8]) throws {
        request = try CertificateSigningRequest(derEncoded: bytes)
        alternatives = try request.attributes.extensionRequest?.extensions.subjectAlternativeNames.map(Array.init) ?? []
    }

    /// - Throws: when the key that it is about has not signed it.
    public func verify() throws {
        guard request.publicKey.isValidSignature(request.signature, for: request) else { throw Unsigned() }
    }

    /// The words of Go's crypto/x509 in pkg/controller/certificates/authority.
    struct Unsigned: Error, CustomStringConvertible {
        var description: String { "unable to verify certificate request signature" }
    }

    public var commonName: String { ClusterCA.identity(of: request.subject).commonName }
    public var organizations: [String] { ClusterCA.identity(of: request.subject).organizations }
    /// Whether it names an organization in a kind of string that is not read here, but may be elsewhere.
    public var hasUnreadableOrganization: Bool {
        request.subject.contains { $0.contains { $0.type == .RDNAttributeType.organizationName && String($0.value) == nil } }
    }
    public var hasNames: Bool { alternatives.contains { if case .dnsName = $0 { true } else { false } } }
    public var hasAddresses: Bool { alternatives.contains { if case .ipAddress = $0 { true } else { false } } }
    public var hasEmails: Bool { alternatives.contains { if case .rfc822Name = $0 { true } else { false } } }
    public var hasURIs: Bool { alternatives.contains { if case .uniformResourceIdentifier = $0 { true } else { false } } }

    /// The names that a certificate repeats; other kinds are left out.
    var signedAlternatives: [GeneralName] {
        alternatives.filter {
            switch $0 {
            case .dnsName, .ipAddress, .rfc822Name, .uniformResourceIdentifier: true
            default: false
            }
        }
    }
}

extension ClusterCA {
    /// Signs what was asked for.
    /// - Parameters:
    ///   - usages: as in `spec.usages` of a CertificateSigningRequest.
    ///   - seconds: how long it is valid from `now` on; never longer than the CA itself.
    /// - Returns: PEM.
    public func sign(_ wanted: CertificateRequest, usages: [String], now: Date, seconds: Double) throws -> String {
        // Clocks differ: a certificate that lasts longer than a working day is valid five minutes before it is made, and as much shorter.
        let backdate = 300.0
        let end = now.addingTimeInterval(seconds < 8 * 3600 ? seconds : seconds - backdate)
        let extended = usages.compactMap { ClusterCA.extendedUsages[$0] }
        let alternatives = wanted.signedAlternatives
        let signed = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: wanted.request.publicKey, notValidBefore: now.addingTimeInterval(-backdate),
            notValidAfter: min(end, certificate.notValidAfter), issuer: certificate.subject, subject: wanted.request.subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                if let usage = ClusterCA.keyUsage(usages) { Critical(usage) }
                if !extended.isEmpty { try ExtendedKeyUsage(extended) }
                if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
            }, issuerPrivateKey: .init(key))
        return try signed.serializeAsPEM().pemString + "\n"
    }

    private static func keyUsage(_ usages: [String]) -> KeyUsage? {
        var usage = KeyUsage()
        var isAny = false
        for name in usages {
            guard let bit = keyUsages[name] else { continue }
            usage[keyPath: bit] = true
            isAny = true
        }
        return isAny ? usage : nil
    }

    private static let keyUsages: [String: any WritableKeyPath<KeyUsage, Bool> & Sendable] = [
        "signing": \.digitalSignature, "digital signature": \.digitalSignature, "content commitment": \.nonRepudiation,
        "key encipherment": \.keyEncipherment, "key agreement": \.keyAgreement, "data encipherment": \.dataEncipherment,
        "cert sign": \.keyCertSign, "crl sign": \.cRLSign, "encipher only": \.encipherOnly, "decipher only": \.decipherOnly,
    ]

    private static let extendedUsages: [String: ExtendedKeyUsage.Usage] = [
        "any": .any, "server auth": .serverAuth, "client auth": .clientAuth, "code signing": .codeSigning,
        "email protection": .emailProtection, "s/mime": .emailProtection, "timestamping": .timeStamping, "ocsp signing": .ocspSigning,
        "ipsec end system": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 5]), "ipsec tunnel": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 6]),
        "ipsec user": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 7]), "microsoft sgc": .init(oid: [1, 3, 6, 1, 4, 1, 311, 10, 3, 3]),
        "netscape sgc": .init(oid: [2, 16, 840, 1, 113730, 4, 1]),
    ]
}
