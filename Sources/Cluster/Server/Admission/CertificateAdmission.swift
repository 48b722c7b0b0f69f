import ClusterAPI
import ClusterObjects
import ClusterTransport

/// Who may approve or sign certificates of a signer: `approve` and `sign` on `signers`, by its name or its domain's `/*`.
/// Source: plugin/pkg/admission/certificates.
private enum SignerAccess {
    static let requests = GroupResource("certificates.k8s.io", "certificatesigningrequests")

    static func allows(_ verb: String, _ signer: String, _ request: AdmissionRequest) -> Bool {
        let domain = signer.split(separator: "/", maxSplits: 1).first.map(String.init) ?? signer
        return [signer, "\(domain)/*"].contains { name in
            request.server.allows(
                AccessRequest(request.context.user, verb, group: requests.group, resource: "signers", name: name))
        }
    }

    static func refuse(_ request: AdmissionRequest, _ why: String) -> APIError { .forbidden(requests, request.target.name, why) }
}

/// Only who may approve for a signer writes the conditions of a request to it.
struct CertificateApproval: AdmissionPlugin {
    let name = "CertificateApproval"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard let old, request.target.resource.groupResource == SignerAccess.requests, request.target.subresource == "approval" else {
            return
        }
        let signer = old[path: "spec", "signerName"]?.string ?? ""
        guard SignerAccess.allows("approve", signer, request) else {
            throw SignerAccess.refuse(request, "user not permitted to approve requests with signerName \(GoQuoted.text(signer))")
        }
    }
}

/// Only who may sign for a signer writes certificates, or that there will be none.
struct CertificateSigning: AdmissionPlugin {
    let name = "CertificateSigning"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard let old, request.target.resource.groupResource == SignerAccess.requests, request.target.subresource == "status" else {
            return
        }
        func failed(_ object: Value) -> Value? {
            object[path: "status", "conditions"]?.array?.first { $0["type"]?.string == "Failed" }?["status"]
        }
        guard object[path: "status", "certificate"] != old[path: "status", "certificate"] || failed(object) != failed(old) else { return }
        let signer = old[path: "spec", "signerName"]?.string ?? ""
        guard SignerAccess.allows("sign", signer, request) else {
            throw SignerAccess.refuse(request, "user not permitted to sign requests with signerName \(GoQuoted.text(signer))")
        }
    }
}

/// Nobody becomes an administrator by a certificate.
struct CertificateSubjectRestriction: AdmissionPlugin {
    let name = "CertificateSubjectRestriction"
    private static let signer = "kubernetes.io/kube-apiserver-client"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.target.resource.groupResource == SignerAccess.requests, request.target.subresource.isEmpty,
            object[path: "spec", "signerName"]?.string == Self.signer
        else { return }
        let pem = String(decoding: Base64.decode(object[path: "spec", "request"]?.string ?? "") ?? [], as: UTF8.self)
        let wanted: CertificateRequest
        do { wanted = try CertificateRequest(der: PEM.request(pem) ?? []) } catch {
            throw SignerAccess.refuse(request, "failed to parse CSR: \(error)")
        }
        guard !wanted.hasUnreadableOrganization else {
            throw SignerAccess.refuse(request, "failed to parse CSR: an organization is neither a UTF-8 nor a printable string")
        }
        guard !wanted.organizations.contains("system:masters") else {
            throw SignerAccess.refuse(request, "use of \(Self.signer) signer with system:masters group is not allowed")
        }
    }
}
