import ClusterClient
import ClusterObjects

/// Watches over the heartbeats of nodes: says `Unknown` of one that has gone silent, taints nodes by their conditions, and marks
/// the pods of a node that is not ready as not ready. (k8s.io/kubernetes/pkg/controller/nodelifecycle)
///
/// A node's last sign of life is the newest of its Lease's renewTime and its conditions' lastHeartbeatTime.
struct NodeLifecycle: Controller {
    let name = "node-controller"
    /// Seconds of silence after which a node is `Unknown`.
    let gracePeriod: Double
    let period: Double

    static let leases = "kube-node-lease"
    static let watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

    var watches: [Watched] {
        [
            Watched(.nodes) { old, new, cluster in
                guard let node = new ?? old else { return [] }
                // Whether a node is evicted depends on how the others are.
                let changed = old.map { Node($0).isReady } != new.map { Node($0).isReady }
                let others = changed ? cluster.objects(.nodes, in: nil).filter { !Node($0).isReady && $0.name != node.name } : []
                return [node.key] + others.map(\.key)
            },
            // A renewed lease matters only to a node that was given up; else the timer reads it when it is due.
            Watched(.leases) { old, new, cluster in
                guard let lease = new, lease.namespace == Self.leases,
                    let node = cluster.object(.nodes, ObjectKey(name: lease.name)),
                    old == nil || Condition.find("Ready", in: node.status)?.status == "Unknown"
                else { return [] }
                return [ObjectKey(name: lease.name)]
            },
            Watched(.pods) { old, new, cluster in
                // A pod that says it is ready on a node that is not.
                guard let new, Pod(new).isReady, !(old.map { Pod($0).isReady } ?? false) else { return [] }
                let key = ObjectKey(name: Pod(new).nodeName)
                guard let node = cluster.object(.nodes, key), Condition.find("Ready", in: node.status)?.status == "Unknown" else {
                    return []
                }
                return [key]
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.nodes, request.key), !object.isBeingDeleted else { return .nothing }
        let node = Node(object)
        let now = request.now
        var decision = Decision()
        var conditions = Conditions(node.status)
        let wasReady = conditions["Ready"]?["status"]?.string

        let lastSign = lastSign(of: object, in: request.cluster)
        let silent = now - lastSign
        if silent > gracePeriod {
            for type in Self.watched { giveUp(type, object, &conditions, at: now) }
            if conditions.value != Conditions(node.status).value {
                var draft = object.draft
                draft["status", default: .emptyObject]["conditions"] = conditions.value
                decision.then(.updateStatus(.nodes, object.key, draft))
                if wasReady == "True" { decision.events.append(notReady(object)) }
                // The taints follow when this has been seen.
                return decision
            }
        } else {
            decision.requeue(after: max(gracePeriod - silent + 0.05, 0.05))
        }

        let zones = ZoneHealth(request.cluster.objects(.nodes, in: nil).map(Node.init))
        var evicts: Bool? = zones.evicts(node, at: now)
        if evicts == false, !zones.isMasterDisrupted, !node.isReady {
            // Its turn will come.
            evicts = nil
            decision.requeue(after: 1)
        }
        let taints = NodeTaint.wanted(node, conditions: conditions, evicts: evicts, at: now)
        if !NodeTaint.same(taints, node.taints.map(\.value)) {
            let body: Value = [
                "metadata": ["resourceVersion": Value(object.resourceVersion)], "spec": ["taints": taints.isEmpty ? .null : .array(taints)],
            ]
            decision.then(.patch(.nodes, object.key, body))
        }
        // A kubelet that says itself that it is not ready says so of its pods, too.
        if conditions["Ready"]?["status"]?.string == "Unknown" {
            markPods(on: object, in: request.cluster, &decision, at: now)
        }
        return decision
    }

    private func lastSign(of node: APIObject, in cluster: any ClusterView) -> Timestamp {
        var last = node.creationTimestamp ?? Timestamp(microseconds: 0)
        for condition in node.status?.elements("conditions") ?? Tree.noElements where condition["status"]?.string != "Unknown" {
            if let beat = condition["lastHeartbeatTime"]?.string.flatMap({ Timestamp($0) }) { last = max(last, beat) }
        }
        let lease = cluster.object(.leases, ObjectKey(namespace: Self.leases, name: node.name))
        if let renewed = lease?.spec?["renewTime"]?.string.flatMap({ Timestamp($0) }) { last = max(last, renewed) }
        return last
    }

    private func giveUp(_ type: String, _ node: APIObject, _ conditions: inout Conditions, at now: Timestamp) {
        guard let old = conditions[type] else {
            var condition = Conditions.make(
                type, "Unknown", "NodeStatusNeverUpdated", "Kubelet never posted node status.", at: now)
            condition["lastHeartbeatTime"] = node.metadata?["creationTimestamp"]?.value
            conditions.append(condition)
            return
        }
        guard old["status"]?.string != "Unknown" else { return }
        conditions.set(type, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", at: now)
    }

    private func notReady(_ node: APIObject) -> EventDraft {
        EventDraft(Self.subject(node), .normal, "NodeNotReady", "Node \(node.name) status is now: NodeNotReady")
    }

    static func subject(_ node: APIObject) -> EventSubject {
        // As kube-controller-manager has it: a node's uid in its events is its name or uid, and describe finds it by either.
        EventSubject(apiVersion: "v1", kind: "Node", name: node.name, uid: node.uid)
    }

    private func markPods(on node: APIObject, in cluster: any ClusterView, _ decision: inout Decision, at now: Timestamp) {
        let changes = cluster.pods(onNode: node.name).map(Pod.init).filter { $0.isReady }.map { pod in
            var conditions = Conditions(pod.status)
            conditions.edit("Ready") { ready in
                ready["status"] = "False"
                ready["lastTransitionTime"] = Value(now.description)
            }
            let body: Value = [
                "metadata": ["uid": Value(pod.uid), "resourceVersion": Value(pod.object.resourceVersion)],
                "status": ["conditions": conditions.value ?? .array([])],
            ]
            let subject = pod.eventSubject
            return Change.patch(.pods, pod.key, subresource: "status", body)
                .telling(success: { _ in EventDraft(subject, .warning, "NodeNotReady", "Node is not ready") })
                .tolerating(\.isNotFound)
        }
        decision.then(changes)
    }
}
