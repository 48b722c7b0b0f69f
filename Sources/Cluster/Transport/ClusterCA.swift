import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// Why the cluster's certificates cannot be used.
public struct CertificateError: Error, CustomStringConvertible {
    public var path: String
    public var reason: String
    public var description: String { "\(path): \(reason)" }

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// A certificate and its key, as PEM.
public struct Credential: Sendable {
    public var certificate: String
    public var key: String
}

/// The certificate authority of one cluster: signs the server's certificate and those of clients. Kept as two files, mode 0600.
public struct ClusterCA: Sendable {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey
    /// The CA's certificate, for kubeconfigs and `kube-root-ca.crt`.
    public let certificatePEM: String

    /// Reads the CA in a directory, or makes it where there is none. A key alone, which a stop at the wrong moment leaves, is given a
    /// certificate.
    /// - Throws: ``CertificateError`` naming the file that cannot be read or written, or that does not belong to the other.
    public init(directory: String) throws {
        let certificatePath = "\(directory)/ca.crt"
        let keyPath = "\(directory)/ca.key"
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw CertificateError(path: directory, reason: "cannot be made: \(error.localizedDescription)") }
        let keyText = try PrivateFile.read(keyPath)
        if let text = try PrivateFile.read(certificatePath) {
            guard let read = try? Certificate(pemEncoded: text) else {
                throw CertificateError(
                    path: certificatePath, reason: "not a certificate in PEM; put back what was there\(ClusterCA.orAnew)")
            }
            guard let keyText else {
                throw CertificateError(path: keyPath, reason: "missing; put back the key of ca.crt\(ClusterCA.orAnew)")
            }
            key = try ClusterCA.key(keyText, keyPath)
            guard read.publicKey == Certificate.PublicKey(key.publicKey) else {
                throw CertificateError(path: keyPath, reason: "not the key of ca.crt; put back the right one\(ClusterCA.orAnew)")
            }
            guard read.notValidAfter > Date() else {
                throw CertificateError(
                    path: certificatePath, reason: "expired at \(read.notValidAfter); remove ca.crt and ca.key for a new CA")
            }
            certificate = read
            certificatePEM = text
            return
        }
        key = try keyText.map { try ClusterCA.key($0, keyPath) } ?? P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("skiff-ca") }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: ClusterCA.beginning,
            notValidAfter: Date(timeIntervalSinceNow: 10 * 365 * 86400), issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: .init(key))
        certificatePEM = try certificate.serializeAsPEM().pemString
        if keyText == nil { try PrivateFile.write(key.pemRepresentation, to: keyPath) }
        try PrivateFile.write(certificatePEM, to: certificatePath)
    }

    /// From when on a certificate that is made now is valid: a clock that is set back by less than a day, as machines without a battery
    /// start with, locks nobody out.
    private static var beginning: Date { Date(timeIntervalSinceNow: -86400) }

    private static let orAnew = ", or remove ca.crt and ca.key for a new CA (clients then need a new kubeconfig)"

    private static func key(_ text: String, _ path: String) throws -> P256.Signing.PrivateKey {
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: text) else {
            throw CertificateError(path: path, reason: "not a P-256 private key in PEM; put back what was there\(orAnew)")
        }
        return key
    }

    /// Signs a certificate for a server that answers under these names and addresses, valid for a year.
    public func serverCredential(names: [String], addresses: [String]) throws -> Credential {
        var alternatives = names.map { GeneralName.dnsName($0) }
        for address in addresses {
            if let bytes = ClusterCA.addressBytes(address) { alternatives.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...]))) }
        }
        let subject = try DistinguishedName { CommonName("skiff") }
        return try issue(subject, usage: .serverAuth, alternatives: alternatives)
    }

    /// Signs a client's certificate: `user` in groups `organizations`, valid for a year.
    public func clientCredential(user: String, groups: [String]) throws -> Credential {
        let subject = try DistinguishedName {
            for group in groups { OrganizationName(group) }
            CommonName(user)
        }
        return try issue(subject, usage: .clientAuth, alternatives: [])
    }

    /// For a listener: TLS 1.2 and up; a client may show a certificate, which then must be of this CA.
    public func serverContext(_ credential: Credential) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(credential.certificate.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(credential.key.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8)))
        configuration.certificateVerification = .optionalVerification
        configuration.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    static func identity(of certificate: Certificate) -> PeerIdentity? {
        let identity = identity(of: certificate.subject)
        return identity.commonName.isEmpty ? nil : identity
    }

    static func identity(of subject: DistinguishedName) -> PeerIdentity {
        var identity = PeerIdentity(commonName: "", organizations: [])
        for relative in subject {
            for attribute in relative {
                guard let text = String(attribute.value) else { continue }
                if attribute.type == .RDNAttributeType.commonName { identity.commonName = text }
                if attribute.type == .RDNAttributeType.organizationName { identity.organizations.append(text) }
            }
        }
        return identity
    }

    /// Writes a file that only its owner may read; what was there is replaced at once or not at all, also when the power fails.
    /// - Throws: ``CertificateError`` naming the file.
    public static func writePrivately(_ text: String, to path: String) throws { try PrivateFile.write(text, to: path) }

    private func issue(_ subject: DistinguishedName, usage: ExtendedKeyUsage.Usage, alternatives: [GeneralName]) throws -> Credential {
        let leaf = P256.Signing.PrivateKey()
        let signed = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(leaf.publicKey), notValidBefore: ClusterCA.beginning,
            notValidAfter: Date(timeIntervalSinceNow: 365 * 86400), issuer: certificate.subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
                try ExtendedKeyUsage([usage])
                if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
            }, issuerPrivateKey: .init(key))
        return Credential(certificate: try signed.serializeAsPEM().pemString, key: leaf.pemRepresentation)
    }

    private static func addressBytes(_ address: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        return inet_pton(AF_INET6, address, &six) == 1 ? withUnsafeBytes(of: &six) { Array($0) } : nil
    }
}
