import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Crypto
import Foundation
import Testing
import X509

@testable import ClusterControllers

@Suite struct CertificateTests {
    private static let client = "kubernetes.io/kube-apiserver-client"

    private func wish(
        _ name: String = "jane", organization: String = "dev", signer: String = client, usages: [String] = ["client auth"],
        conditions: [Value] = [["type": "Approved", "status": "True"]], certificate: String? = nil
    ) throws -> APIObject {
        let pem = try CertificateSigningRequest(
            version: .v1,
            subject: DistinguishedName {
                OrganizationName(organization)
                CommonName(name)
            },
            privateKey: .init(P256.Signing.PrivateKey()), attributes: .init()
        ).serializeAsPEM().pemString
        var status: Value = ["conditions": .array(conditions)]
        if let certificate { status["certificate"] = .string(certificate) }
        return APIObject([
            "metadata": ["name": "w", "uid": "u", "resourceVersion": "1", "creationTimestamp": Value(Make.start.description)],
            "spec": [
                "request": Value(Base64.encode(Array(pem.utf8))), "signerName": Value(signer), "usages": Value(usages),
                "expirationSeconds": 3600,
            ],
            "status": conditions.isEmpty ? .emptyObject : status,
        ])
    }

    private func decide(_ controller: any Controller, _ wish: APIObject, after seconds: Double = 0) -> Decision {
        controller.reconcile(
            Reconciliation(
                key: wish.key, cluster: Table(contents: [.certificateSigningRequests: [wish]]), now: Make.start + seconds))
    }

    private func signed(_ wish: APIObject) throws -> (certificate: String?, failure: String?) {
        let folder = NSTemporaryDirectory() + "skiff-ca-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let decision = decide(CertificateSigner(authority: try ClusterCA(directory: folder)), wish)
        guard case .update("w", "status", let object)? = decision.steps.first?.first?.action else { return (nil, nil) }
        let failure = object[path: "status", "conditions"]?.array?.first { $0["type"]?.string == "Failed" }
        #expect(failure == nil || failure?["reason"]?.string == "SignerValidationFailure")
        return (object[path: "status", "certificate"]?.string, failure?["message"]?.string)
    }

    @Test func `what is approved is signed, once, and by Kubernetes' signers alone`() throws {
        let certificate = try #require(try signed(wish()).certificate)
        let read = try Certificate(pemEncoded: String(decoding: Base64.decode(certificate) ?? [], as: UTF8.self))
        #expect(read.notValidAfter == Date(timeIntervalSince1970: Double(Make.start.seconds) + 3600))
        let denied: [Value] = [["type": "Approved", "status": "True"], ["type": "Denied", "status": "True"]]
        for other in [
            try wish(conditions: []), try wish(conditions: denied), try wish(certificate: "there"), try wish(signer: "example.com/own"),
            try wish(conditions: [["type": "Approved", "status": "True"], ["type": "Failed", "status": "True"]]),
        ] {
            let outcome = try signed(other)
            #expect(outcome.certificate == nil && outcome.failure == nil)
        }
    }

    static let refused: [(String, String, String, [String], String)] = [
        ("jane", "dev", client, ["server auth", "client auth"], "invalid usage for client certificate: server auth"),
        ("jane", "dev", client, ["digital signature"], "missing required usage for client certificate: client auth"),
        ("jane", "dev", "\(client)-kubelet", ["client auth"], "subject organization is not system:nodes"),
        ("jane", "system:nodes", "\(client)-kubelet", ["client auth"], "subject common name does not begin with system:node:"),
        (
            "system:node:a", "system:nodes", "\(client)-kubelet", ["client auth"],
            "usages did not match [client auth digital signature key encipherment]"
        ),
        (
            "system:node:a", "system:nodes", "kubernetes.io/kubelet-serving", ["digital signature", "server auth"],
            "DNS or IP subjectAltName is required"
        ),
    ]

    @Test(arguments: refused) func `a signer says what it does not sign`(
        _ name: String, _ organization: String, _ signer: String, _ usages: [String], _ message: String
    ) throws {
        let outcome = try signed(wish(name, organization: organization, signer: signer, usages: usages))
        #expect(outcome.failure == message && outcome.certificate == nil)
    }

    @Test func `requests go an hour after their answer, and a day after none`() throws {
        let hour = Value((Make.start + 60).description)
        func answered(_ type: String, certificate: String? = nil) throws -> APIObject {
            try wish(conditions: [["type": .string(type), "status": "True", "lastUpdateTime": hour]], certificate: certificate)
        }
        for object in [try answered("Approved", certificate: "c"), try answered("Denied"), try answered("Failed")] {
            #expect(decide(CertificateExpiry(), object, after: 3600).changes.isEmpty)
            #expect(decide(CertificateExpiry(), object, after: 3661).changes == ["delete w"])
        }
        #expect(decide(CertificateExpiry(), try answered("Approved"), after: 1e6).changes.isEmpty)
        #expect(decide(CertificateExpiry(), try wish(conditions: []), after: 86399).changes.isEmpty)
        #expect(decide(CertificateExpiry(), try wish(conditions: []), after: 86401).changes == ["delete w"])
    }
}
