import ClusterAPI
import ClusterClient
import ClusterObjects

/// Says how much of every ResourceQuota is used (k8s.io/kubernetes/pkg/controller/resourcequota).
///
/// The server adds what it admits by itself; counted here is what a quota starts from and what becomes free. So that nothing is lost
/// between the two, the quota is read before what it counts, both from the server, and written only when it has not changed since.
struct QuotaController: Controller {
    let name = "resourcequota-controller"
    let registry: Registry

    /// What is watched for what becomes free. Of other resources that a quota counts, the count is looked at every half minute.
    private static let watched: [GroupVersionResource] = [
        .pods, .services, .persistentVolumeClaims, .configMaps, .secrets, .replicationControllers, .deployments, .replicaSets,
        .statefulSets, .daemonSets, .jobs, .cronJobs,
    ]

    var watches: [Watched] {
        let quotas = Watched(.resourceQuotas) { old, new, cluster in
            guard let quota = new else {
                // One quota less to count.
                return old.map { cluster.objects(.resourceQuotas, in: $0.namespace).map(\.key) } ?? []
            }
            // Its status is written by the server and here.
            if let old, old.uid == quota.uid, old.spec?.value == quota.spec?.value { return [] }
            return old == nil ? cluster.objects(.resourceQuotas, in: quota.namespace).map(\.key) : [quota.key]
        }
        return [quotas]
            + Self.watched.map { resource in
                Watched(resource) { old, new, cluster in
                    guard let namespace = (new ?? old)?.namespace, Self.frees(resource, old, new) else { return [] }
                    return cluster.objects(.resourceQuotas, in: namespace).map(\.key)
                }
            }
    }

    /// Whether a change may have made something free, or has not come by the way of admission.
    private static func frees(_ resource: GroupVersionResource, _ old: APIObject?, _ new: APIObject?) -> Bool {
        guard let new, let old else { return new == nil }
        switch resource {
        case .pods:
            return (Pod(new).isFinished && !Pod(old).isFinished) || (new.isBeingDeleted && !old.isBeingDeleted)
                || (new.generation != old.generation && new.spec?.value != old.spec?.value)
        case .services: return old.spec?.value != new.spec?.value
        case .persistentVolumeClaims:
            return old.spec?.value != new.spec?.value
                || old.status?["allocatedResources"]?.value != new.status?["allocatedResources"]?.value
        default: return false
        }
    }

    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] {
        guard let quota = cluster.object(.resourceQuotas, key), !quota.isBeingDeleted else { return [] }
        return [.get(.resourceQuotas, key)] + counted(by: quota).map { .list($0, namespace: key.namespace, limit: 0) }
    }

    /// The resources that a quota counts.
    private func counted(by quota: APIObject) -> [GroupVersionResource] {
        let hard = quota.spec?["hard"]?.fields.map { $0.key } ?? []
        var found: Set<GroupResource> = []
        return registry.all.filter { resource in
            resource.isNamespaced && resource.storedAs == nil && resource.verbs.contains("list") && resource.verbs.contains("delete")
                && !QuotaUsage.names(hard, of: resource.groupResource).isEmpty && found.insert(resource.groupResource).inserted
        }.map(\.gvr)
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard case .success(let answer) = request.answers[.get(.resourceQuotas, request.key)], let quota = answer.first,
            !quota.isBeingDeleted
        else { return .nothing }
        let hard = quota.spec?["hard"]?.value ?? .emptyObject
        let names = hard.object.map { $0.map(\.0) } ?? []
        let resources = counted(by: quota)
        var used = (quota.status?["used"]?.stringMap ?? [:]).compactMapValues { Quantity($0) }.filter { names.contains($0.key) }
        let scope = QuotaScope(quota.spec)
        var next: Double?
        for resource in resources {
            guard case .success(let objects) = request.answers[.list(resource, namespace: quota.namespace, limit: 0)] else {
                var decision = Decision.nothing
                decision.problem = "\(resource) could not be listed"
                return decision
            }
            let counted = QuotaUsage.names(names, of: resource.groupResource)
            for name in counted { used[name] = .zero }
            for object in objects where scope.includes(object.tree, resource.groupResource) {
                for (name, amount) in QuotaUsage.of(object.tree, resource.groupResource, now: request.now) where counted.contains(name) {
                    used[name, default: .zero] += amount
                }
                // A pod that should be gone by then counts no more.
                if resource == .pods, let deletion = object.deletionTimestamp, let grace = object.deletionGracePeriodSeconds {
                    let left = deletion + Double(grace) - request.now
                    if left >= 0 { next = min(next ?? left + 1, left + 1) }
                }
            }
            if !Self.watched.contains(resource), resource != .resourceQuotas { next = min(next ?? 30, 30) }
        }
        let status: Value = ["hard": hard, "used": Value(used.mapValues(\.description))]
        var decision = Decision(requeueAfter: next)
        guard quota.hasOtherStatus(than: status) else { return decision }
        decision.then(.updateStatus(.resourceQuotas, quota.key, quota.draft(withStatus: status)))
        // What was being admitted while this was counted may have been counted twice: look again until nothing changes.
        decision.requeue(after: 1)
        return decision
    }
}
