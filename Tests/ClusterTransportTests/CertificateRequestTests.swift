import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import ClusterTransport

@Suite struct CertificateRequestTests {
    private func read(_ pem: String) throws -> CertificateRequest { try CertificateRequest(der: PEMDocument(pemString: pem).derBytes) }

    private func request(_ name: String, hosts: [String] = []) throws -> String {
        let key = P256.Signing.PrivateKey()
        let extensions = try Certificate.Extensions {
            if !hosts.isEmpty { SubjectAlternativeNames(hosts.map { .dnsName($0) }) }
        }
        return try CertificateSigningRequest(
            version: .v1,
            subject: DistinguishedName {
                OrganizationName("dev")
                CommonName(name)
            },
            privateKey: .init(key), attributes: .init([.init(ExtensionRequest(extensions: extensions))])
        ).serializeAsPEM().pemString
    }

    @Test func `what was asked for is signed, for no longer than the CA lives`() throws {
        let directory = try TemporaryDirectory()
        let authority = try ClusterCA(directory: directory.path)
        let wanted = try read(try request("jane", hosts: ["a.example"]))
        #expect(wanted.commonName == "jane" && wanted.organizations == ["dev"] && wanted.hasNames && !wanted.hasAddresses)
        let now = Date(timeIntervalSince1970: (Date().timeIntervalSince1970).rounded(.down))
        func signed(_ seconds: Double) throws -> Certificate {
            try Certificate(
                pemEncoded: authority.sign(wanted, usages: ["client auth", "digital signature", "s/mime"], now: now, seconds: seconds))
        }
        let short = try signed(600)
        #expect(short.notValidBefore == now.addingTimeInterval(-300) && short.notValidAfter == now.addingTimeInterval(600))
        #expect(try signed(86400).notValidAfter == now.addingTimeInterval(86100))
        #expect(try signed(100 * 365 * 86400).notValidAfter == authority.certificate.notValidAfter)
        #expect(authority.certificate.publicKey.isValidSignature(short.signature, for: short))
        #expect(short.subject == wanted.request.subject && short.publicKey == wanted.request.publicKey)
        #expect(try short.extensions.subjectAlternativeNames.map(Array.init) == [.dnsName("a.example")])
        #expect(try short.extensions.keyUsage?.digitalSignature == true && short.extensions.keyUsage?.keyCertSign == false)
        #expect(try short.extensions.extendedKeyUsage.map(Array.init) == [.clientAuth, .emailProtection])
        let constraints = try #require(try short.extensions.basicConstraints)
        #expect(constraints == .notCertificateAuthority)
    }

    @Test func `a request that its key has not signed is none`() throws {
        let (one, other) = (try request("jane"), try request("john"))
        let (jane, john) = (try CertificateSigningRequest(pemEncoded: one), try CertificateSigningRequest(pemEncoded: other))
        let forged = try CertificateSigningRequest(
            version: .v1, subject: john.subject, publicKey: jane.publicKey, attributes: jane.attributes,
            signatureAlgorithm: jane.signatureAlgorithm, signature: jane.signature)
        let forgery = try read(try forged.serializeAsPEM().pemString)
        #expect(throws: CertificateRequest.Unsigned.self) { try forgery.verify() }
        try read(one).verify()
        #expect(throws: (any Error).self) { try CertificateRequest(der: [1, 2, 3]) }
    }
}
