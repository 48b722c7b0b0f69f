import ClusterObjects

/// The Pod Security Standards of Kubernetes 1.36. Source: k8s.io/pod-security-admission/policy.
public enum PodSecurityStandards {
    /// Why a pod does not keep to a standard.
    public struct Violation: Sendable, Hashable {
        /// What kind of thing is wrong, e.g. `host namespaces`.
        public var reason: String
        /// Which fields and containers.
        public var detail: String
    }

    /// One rule, in the versions in which it has changed.
    struct Check: Sendable {
        var id: String
        /// Ascending minor versions.
        var versions: [(since: Int, find: @Sendable (PodSecuritySubject) -> Violation?)]
        /// Checks of the baseline that this one takes the place of.
        var replaces: String?

        func version(for minor: Int) -> (@Sendable (PodSecuritySubject) -> Violation?)? { versions.last { $0.since <= minor }?.find }
    }

    /// The last version in which a check has changed: what `latest` means.
    private static let newest = 35

    /// Everything about a pod that a level forbids, in Kubernetes' order: the baseline's checks, then the stricter ones, each by name.
    /// - Parameter pod: an object with `metadata` and `spec`: a pod or the template of one.
    public static func violations(of level: PodSecurityLevel, by pod: Value) -> [Violation] {
        if level.standard == .privileged { return [] }
        let minor = min(level.minor ?? newest, newest)
        let subject = PodSecuritySubject(pod)
        var checks = baseline
        if level.standard == .restricted {
            let stricter = restricted.filter { $0.version(for: minor) != nil }
            let replaced = Set(stricter.compactMap(\.replaces))
            checks = baseline.filter { !replaced.contains($0.id) } + stricter
        }
        return checks.compactMap { $0.version(for: minor)?(subject) }
    }

    /// All violations with their details, as they stand in a refusal or warning.
    public static func text(_ violations: [Violation]) -> String {
        violations.map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ")
    }
}

/// A pod as the checks see it.
struct PodSecuritySubject: Sendable {
    let annotations: [String: String]
    let spec: Value
    /// Init containers, containers, ephemeral containers.
    let containers: [Value]

    init(_ pod: Value) {
        annotations = pod[path: "metadata", "annotations"]?.stringMap ?? [:]
        let spec = pod["spec"] ?? .emptyObject
        self.spec = spec
        containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.array ?? [] }
    }

    var context: Value? { spec["securityContext"] }
    var isForWindows: Bool { spec[path: "os", "name"]?.string == "windows" }
    /// The pod has user names of its own: root in it is none outside.
    var hasOwnUsers: Bool { spec["hostUsers"]?.bool == false }

    /// Names of the containers that something is true of, in order.
    func names(where isBad: (Value) -> Bool) -> [String] {
        containers.filter(isBad).map { $0["name"]?.string ?? "" }
    }

    /// `pod and containers "a", "b"`: who has set something.
    static func setters(pod: Bool, _ containers: [String]) -> String {
        [pod ? "pod" : nil, containers.isEmpty ? nil : Self.containers(containers)].compactMap { $0 }.joined(separator: " and ")
    }

    /// `container "a"` or `containers "a", "b"`.
    static func containers(_ names: [String]) -> String { "\(names.count == 1 ? "container" : "containers") \(quoted(names))" }

    static func quoted(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
    static func quoted(_ names: Set<String>) -> String { quoted(names.sorted()) }
    static func plural(_ count: Int, _ one: String, _ many: String) -> String { count == 1 ? one : many }
}
