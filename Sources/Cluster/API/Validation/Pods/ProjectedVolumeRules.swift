import ClusterObjects

/// What a projected volume's sources must be: each of one kind, no two files in one place.
struct ProjectedVolumeRules {
    private static let keyTypes = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]
    private static let kinds = [
        "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate",
    ]

    private let path: FieldPath
    private var places: Set<String> = []

    static func validate(_ volume: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        FileRules.mode(volume, "defaultMode", path, &problems)
        var rules = ProjectedVolumeRules(path: path)
        for (index, source) in volume.list("sources").enumerated() {
            let here = (path / "sources").index(index)
            let given = kinds.filter { source.has($0) }
            for kind in given { rules.source(source[kind] ?? .emptyObject, kind, here / kind, &problems) }
            if given.count > 1 { problems.append(.forbidden(here, "may not specify more than 1 volume type per source")) }
        }
    }

    private init(path: FieldPath) { self.path = path }

    private mutating func claim(_ place: String, shown: String? = nil, _ problems: inout [Problem]) {
        if !places.insert(place).inserted {
            problems.append(.invalid(path, .string(shown ?? place), "conflicting duplicate paths"))
        }
    }

    private mutating func source(_ source: Value, _ kind: String, _ here: FieldPath, _ problems: inout [Problem]) {
        switch kind {
        case "secret", "configMap":
            problems.required(source, "name", here)
            FileRules.items(source, here, &problems)
            for item in source.list("items") where !item.text("path").isEmpty {
                claim(item.text("path"), shown: source.text("name"), &problems)
            }
        case "downwardAPI":
            for file in source.list("items") {
                FileRules.downward(file, here, &problems)
                if !file.text("path").isEmpty { claim(file.text("path"), &problems) }
            }
        case "serviceAccountToken":
            problems.tokenDuration(source.number("expirationSeconds"), here / "expirationSeconds")
            FileRules.localPath(source, path, &problems)
        case "clusterTrustBundle": trustBundle(source, here, &problems)
        default: certificate(source, here, &problems)
        }
    }

    private mutating func trustBundle(_ bundle: Value, _ here: FieldPath, _ problems: inout [Problem]) {
        switch (bundle["name"]?.string, bundle["signerName"]?.string) {
        case (_?, _?):
            problems.append(
                .invalid(
                    here, shown: GoStruct.text(bundle, "ClusterTrustBundleProjection"),
                    "only one of name and signerName may be used"))
        case (let name?, nil):
            if name.isEmpty { problems.append(.required(here / "name", "must be a valid object name")) }
            for detail in TrustBundleNames.problems(name) {
                problems.append(.invalid(here / "name", .string(name), "not a valid clustertrustbundlename: \(detail)"))
            }
            if let selector = bundle.part("labelSelector") {
                problems.append(
                    .invalid(
                        here / "labelSelector", shown: LabelSelectorRules.shown(selector),
                        "labelSelector must be unset if name is specified"))
            }
        case (nil, let signer?):
            if signer.isEmpty { problems.append(.required(here / "signerName", "must be a valid signer name")) }
            SignerNameRules.validate(signer, here / "signerName", &problems)
            problems += LabelSelectorRules.validate(bundle["labelSelector"], here / "labelSelector")
        case (nil, nil): problems.append(.required(here, "either name or signerName must be specified"))
        }
        FileRules.localPath(bundle, here, &problems)
        claim(bundle.text("path"), &problems)
    }

    private mutating func certificate(_ certificate: Value, _ here: FieldPath, _ problems: inout [Problem]) {
        let signer = certificate.text("signerName")
        SignerNameRules.validate(signer, here / "signerName", &problems)
        let notes = certificate.map("userAnnotations")
        for key in notes.keys { problems.prefixedKey(key.lowercased(), here / "userAnnotations") }
        let size = notes.reduce(0) { $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0) }
        if size > 256 << 10 { problems.append(.tooLong(here / "userAnnotations", most: 256 << 10)) }
        if !Self.keyTypes.contains(certificate.text("keyType")) {
            problems.append(.notSupported(here / "keyType", .string(certificate.text("keyType")), inOrder: Self.keyTypes))
        }
        if let seconds = certificate["maxExpirationSeconds"]?.int {
            // A day of Kubernetes' own signers, 91 of others.
            let most = SignerNameRules.isKubernetes(signer) ? 86400 : 7_862_400
            for (isWrong, bound) in [(seconds < 3600, ">= 3600"), (seconds > most, "<= \(most)")] where isWrong {
                problems.append(
                    .invalid(
                        here / "maxExpirationSeconds", Value(seconds), "if provided, maxExpirationSeconds must be \(bound)"))
            }
        }
        let files = ["credentialBundlePath", "keyPath", "certificateChainPath"].filter { !certificate.text($0).isEmpty }
        for key in files {
            FileRules.local(certificate.text(key), here / key, &problems)
            claim(certificate.text(key), &problems)
        }
        if files.isEmpty {
            problems.append(
                .required(here, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"))
        }
    }
}

/// Names of ClusterTrustBundles: of one that a signer has, the signer's name comes first.
enum TrustBundleNames {
    /// What is wrong with a name, empty for nothing.
    static func problems(_ name: String) -> [String] {
        guard let colon = name.lastIndex(of: ":") else { return NameFormats.subdomain(name) }
        return NameFormats.subdomain(String(name[name.index(after: colon)...]))
    }
}
