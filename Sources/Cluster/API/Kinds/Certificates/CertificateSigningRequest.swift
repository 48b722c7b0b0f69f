import ClusterObjects

extension Kinds {
    static func certificateRequest(_ resource: inout Resource) {
        resource.selectableFields = ["spec.signerName"]
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { $0["status"] = .emptyObject }
        resource.rules.prepareForUpdate = { new, old, subresource in
            new["spec"] = old["spec"]
            switch subresource {
            case "approval": new[path: "status", "certificate"] = old[path: "status", "certificate"]
            case "status": break
            default: new["status"] = old["status"]
            }
        }
        resource.rules.validate = CertificateRules.validate
        resource.rules.validateUpdate = CertificateRules.validateUpdate
    }
}

/// What CertificateSigningRequests must be. Source: pkg/apis/certificates/validation.
enum CertificateRules {
    private static let path = FieldPath("spec")
    private static let usages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
        "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
        "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
    ]

    @Sendable static func validate(_ request: Value) -> [Problem] {
        let spec = request["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let pem = String(decoding: Base64.decode(spec.text("request")) ?? [], as: UTF8.self)
        if !pem.contains("-----BEGIN CERTIFICATE REQUEST-----") {
            problems.append(
                .invalid(
                    path / "request", .string(spec.text("request")), "PEM block type must be CERTIFICATE REQUEST"))
        }
        let given = spec["usages"]?.strings ?? []
        if given.isEmpty { problems.append(.required(path / "usages")) }
        var seen: Set<String> = []
        for (index, usage) in given.enumerated() {
            let here = (path / "usages").index(index)
            if !usages.contains(usage) { problems.append(.notSupported(here, .string(usage), usages)) }
            if !seen.insert(usage).inserted { problems.append(.duplicate(here, .string(usage))) }
        }
        let signer = spec.text("signerName")
        if signer == "kubernetes.io/legacy-unknown" {
            problems.append(
                .invalid(path / "signerName", .string(signer), "the legacy signerName is not allowed via this API version"))
        } else {
            SignerNameRules.validate(signer, path / "signerName", &problems)
        }
        if let seconds = spec["expirationSeconds"]?.int, seconds < 600 {
            problems.append(
                .invalid(
                    path / "expirationSeconds", Value(seconds),
                    "may not specify a duration less than 600 seconds (10 minutes)"))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        let here = FieldPath("status", "conditions")
        let (conditions, before) = (new["status"]?.list("conditions") ?? [], old["status"]?.list("conditions") ?? [])
        let types = conditions.map { $0.text("type") }
        var problems: [Problem] = []
        for type in ["Approved", "Denied", "Failed"] where before.contains(where: { $0.text("type") == type }) {
            if !types.contains(type) {
                problems.append(.forbidden(here, "updates may not remove a condition of type \"\(type)\""))
            }
        }
        if subresource != "approval" {
            for type in ["Approved", "Denied"] where types.contains(type) && !before.contains(where: { $0.text("type") == type }) {
                problems.append(.forbidden(here, "updates may not add a condition of type \"\(type)\""))
            }
        }
        if types.contains("Approved"), types.contains("Denied") {
            problems.append(.invalid(here, "Denied", "Approved and Denied conditions are mutually exclusive"))
        }
        return problems
    }
}
