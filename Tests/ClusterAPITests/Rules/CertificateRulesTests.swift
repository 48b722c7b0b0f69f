import ClusterObjects
import Testing

@Suite struct CertificateRulesTests {
    /// A request by an EC key, which has signed it.
    private static let request = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIHkMIGLAgEAMCkxETAPBgNVBAoMCHN5c3RlbTp4MRQwEgYDVQQDDAtnb2xkZW4t
        dXNlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNf4Cm88GPCwoh2mJUwaeuM2
        3liktMAyleiHSciSYFD8eA914CV65yTRUQJYLOIGWZXvOa8gE3UCyaeJgOv5IgCg
        ADAKBggqhkjOPQQDAgNIADBFAiEAmpXSBLR4HSsiIqhfHluqLkOr7B7QeBnmzble
        3FpTdCUCIE/N6PVjkyRPLBneABu4GOzLlY6zBwi7gyyvSnOguJJN
        -----END CERTIFICATE REQUEST-----

        """

    private static func encoded(_ pem: String) -> String { Base64.encode(Array(pem.utf8)) }

    private func requests() throws -> KindUnderTest {
        try KindUnderTest(
            "certificates.k8s.io", "v1", "certificatesigningrequests",
            sound: """
                {"metadata":{"name":"x"},"spec":{"request":"\(Self.encoded(Self.request))","signerName":"example.com/s",
                 "usages":["client auth"]}}
                """)
    }

    @Test(arguments: [
        ("", "PEM block type must be CERTIFICATE REQUEST"),
        ("nonsense", "PEM block type must be CERTIFICATE REQUEST"),
        (request.replacing("REQUEST", with: ""), "PEM block type must be CERTIFICATE REQUEST"),
        (String(request.dropLast(20)), "PEM block type must be CERTIFICATE REQUEST"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "asn1: structure error: the PEM block holds no certificate request"
        ),
        (request.replacing("uJJN", with: "uJJO"), "x509: the request is not signed by the key that it is about"),
    ])
    func `a request is one, and signed by its key`(pem: String, problem: String) throws {
        let text = Self.encoded(pem)
        #expect(
            try requests().created(#"{"spec":{"request":"\#(text)"}}"#) == ["spec.request: Invalid value: \"\(text)\": \(problem)"])
    }

    @Test(arguments: [
        "Certificate Request:\n" + request, request + "-----BEGIN X-----\n!\n", request.replacing("\nM", with: "\n M"),
        request.replacing("\n", with: "\r\n"), request.replacing("t\n", with: "t"), request.replacing("\n", with: " \t\n"),
        request.replacing("T-----\nM", with: "T-----\nComment: x\n\nM"), "-----BEGIN X-----\nno end\n" + request,
    ])
    func `a request is read however it is written, and what is around it is no part of it`(pem: String) throws {
        #expect(try requests().created(#"{"spec":{"request":"\#(Self.encoded(pem))"}}"#) == [])
    }

    @Test(arguments: [
        Refusal("{}"),
        Refusal(#"{"spec":{"usages":null}}"#, "spec.usages: Required value"),
        Refusal(#"{"spec":{"usages":["client auth","client auth"]}}"#, #"spec.usages[1]: Duplicate value: "client auth""#),
        Refusal(
            #"{"spec":{"signerName":"kubernetes.io/legacy-unknown"}}"#,
            #"spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version"#),
        Refusal(
            #"{"spec":{"expirationSeconds":599}}"#,
            "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)"),
    ])
    func `what is asked for can be had`(row: Refusal) throws { #expect(try requests().created(row.patch) == row.messages) }

    private static let approved = #"{"status":{"conditions":[{"type":"Approved","status":"True","reason":"r"}]}}"#

    @Test(arguments: [
        ("approval", Refusal(approved)),
        ("status", Refusal(approved, #"status.conditions: Forbidden: updates may not add a condition of type "Approved""#)),
        (
            "approval",
            Refusal(
                #"{"status":{"conditions":[]}}"#, from: approved,
                #"status.conditions: Forbidden: updates may not remove a condition of type "Approved""#)
        ),
        ("status", Refusal(#"{"status":{"conditions":[{"type":"Approved","status":"True","reason":"other"}]}}"#, from: approved)),
        (
            "approval",
            Refusal(
                #"{"status":{"conditions":[{"type":"Approved","status":"True"},{"type":"Denied","status":"True"}]}}"#,
                #"status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive"#)
        ),
        (
            "approval",
            Refusal(
                #"{"status":{"conditions":[{"type":"Denied","status":"False"},{"status":"Maybe"},{"type":"x"}]}}"#,
                #"status.conditions[0].status: Unsupported value: "False": supported values: "True""#,
                "status.conditions[1].type: Required value",
                #"status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown""#,
                "status.conditions[2].status: Required value")
        ),
        (
            "status",
            Refusal(
                #"{"status":{"conditions":[{"type":"x","status":"True"},{"type":"x","status":"True"}]}}"#,
                #"status.conditions[1].type: Duplicate value: "x""#)
        ),
        (
            "status",
            Refusal(
                #"{"status":{"certificate":"eA=="}}"#,
                #"status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block"#)
        ),
        (
            "status",
            Refusal(
                #"{"status":{"certificate":"eA=="}}"#, from: #"{"status":{"certificate":"eQ=="}}"#,
                "status.certificate: Forbidden: updates may not modify existing certificate content")
        ),
        ("", Refusal(#"{"spec":{"usages":["x"]},"status":{"certificate":"eA=="}}"#)),
    ])
    func `decisions are made once, by approval, and certificates are issued once, by status`(subresource: String, row: Refusal) throws {
        #expect(try requests().changed(row.patch, from: row.stored, subresource: subresource) == row.messages)
    }

    @Test func `what is issued is a certificate`() throws {
        let pem = Self.encoded(Self.request)
        #expect(
            try requests().changed(#"{"status":{"certificate":"\#(pem)"}}"#, subresource: "status") == [
                #"status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST""#
            ])
    }
}
