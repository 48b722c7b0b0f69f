import ClusterTransport

/// What each of Kubernetes' signers demands of a request. Source: pkg/apis/certificates/helpers.go, pkg/controller/certificates/signer.
enum SignerRules {
    /// Says what is wrong with a request, nil when nothing is.
    typealias Rule = @Sendable (_ request: CertificateRequest, _ usages: Set<String>) -> String?

    /// Nil for a signer that somebody else is.
    static func rule(_ signer: String) -> Rule? {
        switch signer {
        case "kubernetes.io/kube-apiserver-client": client
        case "kubernetes.io/kube-apiserver-client-kubelet": nodeClient
        case "kubernetes.io/kubelet-serving": nodeServing
        default: nil
        }
    }

    private static let client: Rule = { _, usages in
        if let other = usages.subtracting(["client auth", "digital signature", "key encipherment"]).min() {
            return "invalid usage for client certificate: \(other)"
        }
        return usages.contains("client auth") ? nil : "missing required usage for client certificate: client auth"
    }

    private static let nodeClient: Rule = { request, usages in
        if request.organizations != ["system:nodes"] { return wrongOrganization }
        if request.hasNames { return "DNS subjectAltNames are not allowed" }
        if request.hasEmails { return noEmails }
        if request.hasAddresses { return "IP subjectAltNames are not allowed" }
        if request.hasURIs { return noURIs }
        if !request.commonName.hasPrefix("system:node:") { return wrongName }
        return mismatch(usages, "client auth")
    }

    private static let nodeServing: Rule = { request, usages in
        if request.organizations != ["system:nodes"] { return wrongOrganization }
        if !request.hasNames, !request.hasAddresses { return "DNS or IP subjectAltName is required" }
        if request.hasEmails { return noEmails }
        if request.hasURIs { return noURIs }
        if let problem = mismatch(usages, "server auth") { return problem }
        return request.commonName.hasPrefix("system:node:") ? nil : wrongName
    }

    /// Keys that are not RSA's have nothing to encipher.
    private static func mismatch(_ usages: Set<String>, _ purpose: String) -> String? {
        let required: Set = ["digital signature", "key encipherment", purpose]
        if usages == required || usages == required.subtracting(["key encipherment"]) { return nil }
        return "usages did not match [\(required.sorted().joined(separator: " "))]"
    }

    private static let wrongOrganization = "subject organization is not system:nodes"
    private static let wrongName = "subject common name does not begin with system:node:"
    private static let noEmails = "Email subjectAltNames are not allowed"
    private static let noURIs = "URI subjectAltNames are not allowed"
}
