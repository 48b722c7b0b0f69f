import ClusterObjects

/// Names of the signers of certificates, `example.com/name`. Source: pkg/apis/core/validation/names.go.
enum SignerNameRules {
    /// Room for `namespace.name` after a domain.
    private static let (longestDomain, longest) = (253, 253 + 1 + 63 + 1 + 253)

    /// Whether a signer is one of Kubernetes' own.
    static func isKubernetes(_ name: String) -> Bool {
        let host = name.prefix { $0 != "/" }
        return host == "kubernetes.io" || host.hasSuffix(".kubernetes.io")
    }

    static func validate(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if name.isEmpty { return problems.append(.required(path)) }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            return problems.append(
                .invalid(
                    path, .string(name), "must be a fully qualified domain and path of the form 'example.com/signer-name'"))
        }
        let (domain, place) = (parts[0], parts[1])
        if domain.utf8.count > longestDomain { problems.append(.tooLong(path, most: longestDomain)) }
        labels(domain, path, NameFormats.label, &problems)
        if !domain.contains(".") {
            problems.append(
                .invalid(path, .string(domain), "should be a domain with at least two segments separated by dots"))
        }
        labels(place, path, NameFormats.subdomain, &problems)
        if name.utf8.count > longest { problems.append(.tooLong(path, most: longest)) }
    }

    /// What is wrong with the first label that is wrong.
    private static func labels(_ text: String, _ path: FieldPath, _ check: (String) -> [String], _ problems: inout [Problem]) {
        for label in text.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
            let wrong = check(label)
            guard !wrong.isEmpty else { continue }
            return problems.add(path, text, wrong.map { "validating label \(Value.string(label).jsonText): \($0)" })
        }
    }
}
