import ClusterObjects

/// What CertificateSigningRequests must be. Source: pkg/apis/certificates/validation.
enum CertificateRules {
    private static let path = FieldPath("spec")
    private static let usages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
        "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
        "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
    ]

    @Sendable static func validate(_ request: Value) -> [Problem] { problems(request, old: nil) }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        problems(new, old: old) + CertificateConditionRules.change(new, old, subresource) + certificateChange(new, old, subresource)
    }

    /// What was wrong already may stay.
    private static func problems(_ request: Value, old: Value?) -> [Problem] {
        let spec = request["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let pem = String(decoding: Base64.decode(spec.text("request")) ?? [], as: UTF8.self)
        if let problem = CertificatePEM.problem(request: pem) {
            problems.append(.invalid(path / "request", .string(spec.text("request")), problem))
        }
        usages(spec, old?["spec"], &problems)
        let signer = spec.text("signerName")
        let isLegacy = signer == "kubernetes.io/legacy-unknown"
        if isLegacy, old?[path: "spec", "signerName"]?.string != signer {
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
        CertificateConditionRules.validate(request, old: old, &problems)
        let (certificate, before) = (certificate(request), old.map(certificate))
        if certificate != before, before.flatMap(CertificatePEM.problem(certificates:)) == nil,
            let problem = CertificatePEM.problem(certificates: certificate)
        {
            problems.append(.invalid(FieldPath("status", "certificate"), "<certificate data>", problem))
        }
        return problems
    }

    private static func usages(_ spec: Value, _ old: Value?, _ problems: inout [Problem]) {
        let (given, before) = (spec["usages"]?.strings ?? [], old?["usages"]?.strings ?? [])
        if given.isEmpty { problems.append(.required(path / "usages")) }
        if before.allSatisfy(usages.contains) {
            for (index, usage) in given.enumerated() where !usages.contains(usage) {
                problems.append(.notSupported((path / "usages").index(index), .string(usage), usages))
            }
        }
        if Set(before).count < before.count { return }
        var seen = SeenKeys(capacity: given.count)
        for (index, usage) in given.enumerated() where seen.isRepeated(usage) {
            problems.append(.duplicate((path / "usages").index(index), .string(usage)))
        }
    }

    private static func certificate(_ request: Value) -> String {
        String(decoding: Base64.decode(request[path: "status", "certificate"]?.string ?? "") ?? [], as: UTF8.self)
    }

    /// A certificate is issued once, by `status`.
    private static func certificateChange(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        let here = FieldPath("status", "certificate")
        let before = certificate(old)
        guard certificate(new) != before else { return [] }
        if subresource != "status" { return [.forbidden(here, "updates may not set certificate content")] }
        return before.isEmpty ? [] : [.forbidden(here, "updates may not modify existing certificate content")]
    }
}
