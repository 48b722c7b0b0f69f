import ClusterObjects

/// In which order groups and versions are listed: built-in groups as kube-apiserver ranks them, then custom ones by name; of a group the
/// most stable and newest version first. Source: cmd/kube-apiserver's API priorities, k8s.io/apimachinery/pkg/version.
enum GroupOrder {
    private static let builtIn = [
        "", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
        "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io",
        "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io",
        "discovery.k8s.io", "resource.k8s.io", "flowcontrol.apiserver.k8s.io",
    ]
    private static let ranks = Dictionary(uniqueKeysWithValues: builtIn.enumerated().map { ($0.element, $0.offset) })

    static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (ranks[left] ?? Int.max, ranks[right] ?? Int.max)
        return a == b ? Fields.precedes(left, right) : a < b
    }

    /// `v2` before `v1` before `v1beta1` before `v1alpha1` before what is no version, that by name.
    static func versionPrecedes(_ left: String, _ right: String) -> Bool {
        switch (Version(left), Version(right)) {
        case (let a?, let b?): (a.stability, a.major, a.minor) > (b.stability, b.major, b.minor)
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): Fields.precedes(left, right)
        }
    }

    private struct Version {
        var major: Int
        var minor = 0
        /// 2 of a release, 1 of a beta, 0 of an alpha.
        var stability = 2

        init?(_ text: String) {
            guard text.hasPrefix("v") else { return nil }
            var rest = text.dropFirst()
            guard let major = Version.number(&rest) else { return nil }
            self.major = major
            if rest.isEmpty { return }
            for (name, rank) in [("alpha", 0), ("beta", 1)] where rest.hasPrefix(name) {
                rest = rest.dropFirst(name.count)
                stability = rank
                guard let minor = Version.number(&rest), rest.isEmpty else { return nil }
                self.minor = minor
                return
            }
            return nil
        }

        private static func number(_ rest: inout Substring) -> Int? {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return digits.first == "0" ? nil : Int(digits)
        }
    }
}
