import ClusterClient
import ClusterObjects

/// Says how much of every ResourceQuota is used (k8s.io/kubernetes/pkg/controller/resourcequota).
struct QuotaController: Controller {
    let name = "resourcequota-controller"

    var watches: [Watched] {
        QuotaUsage.counted.map { resource in
            if resource == .resourceQuotas { return .primary(.resourceQuotas) }
            return Watched(resource) { old, new, cluster in
                // Changes that use more are counted as they are admitted; what frees something, or was admitted before, here.
                guard let namespace = (new ?? old)?.namespace else { return [] }
                return cluster.objects(.resourceQuotas, in: namespace).map(\.key)
            }
        }
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let quota = request.cluster.object(.resourceQuotas, request.key), !quota.isBeingDeleted else { return .nothing }
        let hard = quota.spec?["hard"]?.value ?? .emptyObject
        let usage = QuotaUsage(quota: quota, cluster: request.cluster)
        var used = Value.emptyObject
        for (name, _) in hard.object?.entries ?? [] { if let amount = usage.used(name) { used[name] = Value(amount.description) } }
        let status: Value = ["hard": hard, "used": used]
        guard quota.hasOtherStatus(than: status) else { return .nothing }
        return Decision(steps: [[.updateStatus(.resourceQuotas, quota.key, quota.draft(withStatus: status))]])
    }
}
