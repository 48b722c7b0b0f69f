import ClusterAPI
import ClusterObjects
import ClusterStore

/// Keeps pods to the Pod Security Standard that their namespace's labels name, and warns of templates that would make others.
/// Source: k8s.io/pod-security-admission/admission.
struct PodSecurityAdmission: AdmissionPlugin {
    let name = "PodSecurity"

    /// Pods of a namespace that are looked at when its level changes.
    private static let mostPods = 3000
    private static let namespaces = GroupResource("", "namespaces")
    /// Kinds that hold a pod's template, and where.
    private static let templates: [GroupResource: [String]] = [
        GroupResource("", "podtemplates"): ["template"], GroupResource("", "replicationcontrollers"): ["spec", "template"],
        GroupResource("apps", "replicasets"): ["spec", "template"], GroupResource("apps", "deployments"): ["spec", "template"],
        GroupResource("apps", "statefulsets"): ["spec", "template"], GroupResource("apps", "daemonsets"): ["spec", "template"],
        GroupResource("batch", "jobs"): ["spec", "template"],
        GroupResource("batch", "cronjobs"): ["spec", "jobTemplate", "spec", "template"],
    ]

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let target = request.target
        let resource = target.resource.groupResource
        if request.isAbout("", "namespaces") { return try namespace(object, old, request) }
        if resource == GroupResource("", "pods") { return try pod(object, old, request) }
        guard target.subresource.isEmpty, let path = PodSecurityAdmission.templates[resource], let template = object[path: path] else {
            return
        }
        warn(template, try policy(of: target.namespace, request), request)
    }

    // MARK: - Pods

    private func pod(_ pod: Value, _ old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard ["", "ephemeralcontainers", "resize"].contains(request.target.subresource) else { return }
        let policy = try policy(of: request.target.namespace, request)
        if let old, !isSignificant(pod, old) { return }
        let violations = PodSecurityStandards.violations(of: policy.enforce, by: pod)
        guard violations.isEmpty else {
            throw .forbidden(
                request.target.resource.groupResource, request.target.name,
                "violates PodSecurity \(Self.quoted(policy.enforce)): \(PodSecurityStandards.text(violations))")
        }
        warn(pod, policy, request)
    }

    private func warn(_ pod: Value, _ policy: PodSecurityPolicy, _ request: AdmissionRequest) {
        let violations = PodSecurityStandards.violations(of: policy.warn, by: pod)
        if violations.isEmpty { return }
        request.context.warn(["would violate PodSecurity \(Self.quoted(policy.warn)): \(PodSecurityStandards.text(violations))"])
    }

    /// Of a pod little can change that matters here: images, new ephemeral containers, the old seccomp annotations.
    private func isSignificant(_ pod: Value, _ old: Value) -> Bool {
        func seccomp(_ pod: Value) -> [String: String] {
            (pod[path: "metadata", "annotations"]?.stringMap ?? [:]).filter { $0.key.contains("seccomp.security.alpha.kubernetes.io/") }
        }
        func images(_ pod: Value) -> [[String]] {
            ["containers", "initContainers", "ephemeralContainers"].map { list in
                (pod[path: "spec", list]?.array ?? []).map { "\($0["name"]?.string ?? "")=\($0["image"]?.string ?? "")" }
            }
        }
        return images(pod) != images(old) || seccomp(pod) != seccomp(old)
    }

    private func policy(of namespace: String, _ request: AdmissionRequest) throws(APIError) -> PodSecurityPolicy {
        let labels = try request.server.intact(Self.namespaces, namespace)?[path: "metadata", "labels"]?.stringMap
        return PodSecurityPolicy(labels: labels ?? [:])
    }

    private static func quoted(_ level: PodSecurityLevel) -> String { "\"\(level)\"" }

    // MARK: - Namespaces

    private func namespace(_ namespace: Value, _ old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let policy = PodSecurityPolicy(labels: namespace[path: "metadata", "labels"]?.stringMap ?? [:])
        let previous = old.map { PodSecurityPolicy(labels: $0[path: "metadata", "labels"]?.stringMap ?? [:]) }
        guard policy.problems.isEmpty || policy.problems == previous?.problems else {
            throw .invalid(group: "", kind: "Namespace", name: request.target.name, policy.problems)
        }
        guard let previous, policy.enforce != previous.enforce, policy.enforce.standard != .privileged,
            !policy.enforce.isRelaxed(from: previous.enforce)
        else { return }
        request.context.warn(warnings(request.target.name, policy.enforce, request))
    }

    /// What of the pods that are there does not keep to a namespace's new level: one line for all pods with the same.
    private func warnings(_ namespace: String, _ level: PodSecurityLevel, _ request: AdmissionRequest) -> [String] {
        var found: [String: [String]] = [:]
        var total = 0
        for stored in request.server.store.snapshot(GroupResource("", "pods")).range(namespace: namespace) where !stored.isDamaged {
            total += 1
            if total > Self.mostPods { continue }
            let pod = ObjectBytes.tree(stored).value
            let violations = PodSecurityStandards.violations(of: level, by: pod)
            if violations.isEmpty { continue }
            found[violations.map(\.reason).joined(separator: ", "), default: []].append(pod[path: "metadata", "name"]?.string ?? "")
        }
        var warnings: [String] = []
        if total > Self.mostPods {
            warnings.append(
                "new PodSecurity enforce level only checked against the first \(Self.mostPods) of \(total) existing pods")
        }
        if !found.isEmpty {
            warnings.append(
                "existing pods in namespace \"\(namespace)\" violate the new PodSecurity enforce level \(Self.quoted(level))")
        }
        return warnings
            + found.map { reasons, pods in
                let others = pods.count == 1 ? "" : pods.count == 2 ? " (and 1 other pod)" : " (and \(pods.count - 1) other pods)"
                return "\(pods.min() ?? "")\(others): \(reasons)"
            }.sorted()
    }
}
