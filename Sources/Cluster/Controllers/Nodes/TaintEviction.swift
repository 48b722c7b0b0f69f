import ClusterClient
import ClusterObjects

/// Deletes pods that do not tolerate a `NoExecute` taint of their node, or no longer. Keys are pods.
/// (k8s.io/kubernetes/pkg/controller/tainteviction)
struct TaintEviction: Controller {
    let name = "taint-eviction-controller"

    var watches: [Watched] {
        [
            Watched(.pods) { old, new, cluster in
                guard let new else { return [] }
                let pod = Pod(new)
                guard !pod.nodeName.isEmpty, pod.isActive, old.map({ Pod($0).nodeName != pod.nodeName }) ?? true else { return [] }
                let node = cluster.object(.nodes, ObjectKey(name: pod.nodeName))
                return node.map { Self.taints($0).isEmpty ? [] : [new.key] } ?? []
            },
            Watched(.nodes) { old, new, cluster in
                guard let new, old.map(Self.taints) ?? [] != Self.taints(new) else { return [] }
                return cluster.pods(onNode: new.name).map(\.key)
            },
        ]
    }

    static func taints(_ node: APIObject) -> [Taint] { Node(node).taints.map(Taint.init).filter { $0.effect == "NoExecute" } }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.pods, request.key) else { return .nothing }
        let pod = Pod(object)
        guard pod.isActive, let node = request.cluster.object(.nodes, ObjectKey(name: pod.nodeName)) else { return .nothing }
        let tolerations = pod.tolerations.map(Toleration.init)
        var patience: Int?
        for taint in Self.taints(node) {
            let tolerating = tolerations.filter { $0.tolerates(taint) }
            guard !tolerating.isEmpty else { return evict(pod, at: request.now) }
            if let least = tolerating.compactMap(\.seconds).min() { patience = min(patience ?? least, least) }
        }
        guard let patience else {
            guard request.due != nil else { return .nothing }
            var decision = Decision()
            decision.events = [EventDraft(pod.eventSubject, .normal, "TaintManagerEviction", "Cancelling deletion of Pod \(pod.key)")]
            return decision
        }
        let now = request.now
        let due = min(request.due ?? now + Double(patience), now + Double(max(patience, 0)))
        return due <= now ? evict(pod, at: now) : Decision(requeueAfter: due - now)
    }

    private func evict(_ pod: Pod, at now: Timestamp) -> Decision {
        var decision = Decision()
        decision.events = [EventDraft(pod.eventSubject, .normal, "TaintManagerEviction", "Marking for deletion Pod \(pod.key)")]
        decision.then(
            Disruption.mark(pod, reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint", at: now))
        decision.then(Change.delete(.pods, pod.object))
        return decision
    }
}

/// Says of a pod that it is being disrupted, and by whom.
enum Disruption {
    static func mark(_ pod: Pod, reason: String, message: String, phase: String? = nil, at now: Timestamp) -> Change {
        var conditions = Conditions(pod.status)
        conditions.set("DisruptionTarget", "True", reason, message, at: now)
        var status: Value = ["conditions": conditions.value ?? .array([])]
        if let phase { status["phase"] = Value(phase) }
        return write(status, to: pod)
    }

    /// Says that a pod has failed, as nobody else will.
    static func end(_ pod: Pod) -> Change { write(["phase": "Failed"], to: pod) }

    private static func write(_ status: Value, to pod: Pod) -> Change {
        Change.patch(.pods, pod.key, subresource: "status", ["metadata": ["uid": Value(pod.uid)], "status": status])
            .tolerating(\.isNotFound)
    }
}
