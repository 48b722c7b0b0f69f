import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension APIServer {
    private static let budgets = GroupVersionResource("policy", "v1", "poddisruptionbudgets")

    /// Deletes a pod on behalf of somebody who drains, unless a disruption budget forbids it.
    /// Source: pkg/registry/core/pod/storage/eviction.go.
    func evict(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        let name = body[path: "metadata", "name"]?.string ?? ""
        guard name.isEmpty || name == target.name else { throw .badRequest("name in URL does not match name in Eviction object") }
        var pod = target
        pod.subresource = ""
        let tree = ObjectBytes.tree(try stored(pod))
        if APIServer.isDisruption(tree) { try await spendBudget(tree, target, context) }
        let wanted = body["deleteOptions"]
        let options = DeleteOptions(
            gracePeriodSeconds: wanted?["gracePeriodSeconds"]?.int, propagationPolicy: wanted?["propagationPolicy"]?.string ?? "",
            uid: wanted?[path: "preconditions", "uid"]?.string ?? "",
            resourceVersion: wanted?[path: "preconditions", "resourceVersion"]?.string ?? "")
        _ = try await delete(pod, options, context)
        return .success
    }

    /// Pods that have ended, have not begun or are going anyhow are missed by nobody.
    private static func isDisruption(_ pod: Tree) -> Bool {
        if pod[path: "metadata", "deletionTimestamp"]?.string != nil { return false }
        return !["Succeeded", "Failed", "Pending"].contains(pod[path: "status", "phase"]?.string ?? "")
    }

    /// Takes one disruption from the pod's budget.
    /// - Throws: 429 when none is left.
    private func spendBudget(_ pod: Tree, _ target: Target, _ context: RequestContext) async throws(APIError) {
        guard let resource = registry.resource(APIServer.budgets) else { return }
        let labels = pod[path: "metadata", "labels"]?.stringMap ?? [:]
        let matching = try intact(resource.groupResource, namespace: target.namespace).filter { budget in
            guard let selector = budget[path: "spec", "selector"], selector.isObject else { return false }
            return LabelSelector(selector).matches(labels)
        }
        guard let budget = matching.first else { return }
        guard matching.count == 1 else {
            throw .plainError("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        let name = budget[path: "metadata", "name"]?.string ?? ""
        var status = Target(resource, namespace: target.namespace, name: name, subresource: "status")
        status.resource.rules.validateUpdate = { _, _, _ in [] }
        let isReady = (pod[path: "status", "conditions"]?.elements ?? Value.array([]).tree.elements).contains {
            $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
        }
        if !isReady, APIServer.allowsUnready(budget) { return }
        _ = try await mutate(status, context) { old, _ throws(APIError) in
            var new = old
            new[path: "metadata", "resourceVersion"] = nil
            try APIServer.spend(&new, pod: target.name, context.now)
            return new
        }
    }

    /// Whether a pod that is not ready goes without touching the budget.
    private static func allowsUnready(_ budget: Tree) -> Bool {
        if budget[path: "spec", "unhealthyPodEvictionPolicy"]?.string == "AlwaysAllow" { return true }
        let healthy = budget[path: "status", "currentHealthy"]?.int ?? 0
        let desired = budget[path: "status", "desiredHealthy"]?.int ?? 0
        return healthy >= desired && desired > 0
    }

    private static func spend(_ budget: inout Value, pod: String, _ now: Timestamp) throws(APIError) {
        let name = budget[path: "metadata", "name"]?.string ?? ""
        func refuse(_ why: String, retry: Int) -> APIError {
            var details: Value = ["causes": [["reason": "DisruptionBudget", "message": .string(why)]]]
            if retry > 0 { details["retryAfterSeconds"] = Value(retry) }
            return APIError(
                code: 429, reason: "TooManyRequests", message: "Cannot evict pod as it would violate the pod's disruption budget.",
                details: details)
        }
        let status = budget["status"]
        if status?["observedGeneration"]?.int ?? 0 < budget[path: "metadata", "generation"]?.int ?? 0 {
            throw refuse("The disruption budget \(name) is still being processed by the server.", retry: 10)
        }
        let allowed = status?["disruptionsAllowed"]?.int ?? 0
        let resource = GroupResource("policy", "poddisruptionbudgets")
        guard allowed >= 0 else { throw .forbidden(resource, name, "pdb disruptions allowed is negative") }
        guard status?["disruptedPods"]?.object?.count ?? 0 <= 2000 else {
            throw .forbidden(resource, name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
        }
        guard allowed > 0 else {
            let needed = status?["desiredHealthy"]?.int ?? 0
            let healthy = status?["currentHealthy"]?.int ?? 0
            throw refuse("The disruption budget \(name) needs \(needed) healthy pods and has \(healthy) currently", retry: 0)
        }
        budget[path: "status", "disruptionsAllowed"] = Value(allowed - 1)
        if allowed == 1 {
            Conditions.set(&budget, type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", at: now)
        }
        budget[path: "status", "disruptedPods", pod] = .string(now.wholeSeconds.description)
    }
}
