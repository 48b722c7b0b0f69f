import ClusterObjects

/// How much a pod may ask of its node: a Pod Security Standard and the version of it that is meant.
/// Source: k8s.io/pod-security-admission/api.
public struct PodSecurityLevel: Sendable, Hashable, CustomStringConvertible {
    public enum Standard: String, Sendable, Hashable, CaseIterable {
        case privileged, baseline, restricted

        /// Higher is stricter.
        var strictness: Int { self == .privileged ? 0 : self == .baseline ? 1 : 2 }
    }

    public var standard: Standard
    /// The minor version `v1.N`; nil for the latest.
    public var minor: Int?

    public init(_ standard: Standard, minor: Int? = nil) {
        self.standard = standard
        self.minor = minor
    }

    public var description: String { "\(standard.rawValue):\(minor.map { "v1.\($0)" } ?? "latest")" }
    /// Whether this asks for no more than another level of the same version.
    public func isRelaxed(from other: PodSecurityLevel) -> Bool {
        minor == other.minor && standard.strictness <= other.standard.strictness
    }
}

/// What a namespace's labels `pod-security.kubernetes.io/…` say.
public struct PodSecurityPolicy: Sendable {
    /// What pods must keep to.
    public var enforce = PodSecurityLevel(.privileged)
    /// What is noted in the audit log.
    public var audit = PodSecurityLevel(.privileged)
    /// What is warned of.
    public var warn = PodSecurityLevel(.privileged)
    /// Labels that do not say anything known.
    public var problems: [Problem] = []

    /// A level to enforce that is not known is the strictest, one to warn of or audit is none; an unknown version is the latest.
    public init(labels: [String: String]) {
        // Most namespaces say nothing of it.
        guard labels.keys.contains(where: { $0.hasPrefix("pod-security.kubernetes.io/") }) else { return }
        enforce = read(enforce, "enforce", labels, otherwise: .restricted)
        audit = read(audit, "audit", labels, otherwise: .privileged)
        warn = read(warn, "warn", labels, otherwise: .privileged)
    }

    private mutating func read(
        _ preset: PodSecurityLevel, _ mode: String, _ labels: [String: String], otherwise: PodSecurityLevel.Standard
    ) -> PodSecurityLevel {
        var level = preset
        let label = "pod-security.kubernetes.io/\(mode)"
        if let text = labels[label] {
            if let standard = PodSecurityLevel.Standard(rawValue: text) {
                level.standard = standard
            } else {
                level.standard = otherwise
                problem(label, text, "must be one of privileged, baseline, restricted")
            }
        }
        if let text = labels[label + "-version"], text != "latest" {
            level.minor = PodSecurityPolicy.minor(text)
            if level.minor == nil { problem(label + "-version", text, "must be \"latest\" or \"v1.x\"") }
        }
        return level
    }

    private mutating func problem(_ label: String, _ value: String, _ why: String) {
        problems.append(.invalid(FieldPath("metadata", "labels").key(label), .string(value), why))
    }

    /// The 25 of `v1.25`; nil for anything else.
    private static func minor(_ text: String) -> Int? {
        guard text.hasPrefix("v1."), let minor = Int(text.dropFirst(3)), minor >= 0, text == "v1.\(minor)" else { return nil }
        return minor
    }
}
