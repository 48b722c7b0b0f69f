import ClusterClient
import ClusterObjects

/// Makes the claims that a pod's ephemeral volumes ask for; they belong to the pod and go with it. Keys are pods.
/// (k8s.io/kubernetes/pkg/controller/volume/ephemeral)
struct EphemeralVolumeController: Controller {
    let name = "ephemeral_volume"

    var watches: [Watched] {
        [
            Watched(.pods) { old, new, _ in
                guard old == nil, let new, Pod(new).volumes.contains(where: { $0["ephemeral"] != nil }) else { return [] }
                return [new.key]
            },
            Watched(.persistentVolumeClaims) { old, new, _ in
                guard new == nil, let old, let owner = old.controller, owner.kind == "Pod" else { return [] }
                return [ObjectKey(namespace: old.namespace, name: owner.name)]
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let pod = request.cluster.object(.pods, request.key).map(Pod.init), !pod.isBeingDeleted else { return .nothing }
        var decision = Decision()
        var changes: [Change] = []
        for volume in pod.volumes {
            guard let template = volume["ephemeral"]?["volumeClaimTemplate"], let name = volume["name"]?.string else { continue }
            let key = ObjectKey(namespace: pod.namespace, name: "\(pod.name)-\(name)")
            guard let claim = request.cluster.object(.persistentVolumeClaims, key) else {
                changes.append(creation(key, template, pod, volume: name))
                continue
            }
            if claim.controller?.uid != pod.uid {
                let problem = "ephemeral volume \(name): PVC \(key) was not created for pod \(pod.key) (pod is not owner)"
                decision.events.append(EventDraft(pod.eventSubject, .warning, "FailedBinding", problem))
                decision.problem = problem
            }
        }
        if !changes.isEmpty { decision.then(changes) }
        return decision
    }

    private func creation(_ key: ObjectKey, _ template: Tree, _ pod: Pod, volume: String) -> Change {
        var metadata: Value = [
            "name": Value(key.name), "namespace": Value(key.namespace),
            "ownerReferences": [OwnerReference(controller: pod.object, apiVersion: "v1", kind: "Pod").value],
        ]
        for field in ["labels", "annotations"] { metadata[field] = template["metadata"]?[field]?.value }
        let claim: Value = [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata,
            "spec": template["spec"]?.value ?? .emptyObject,
        ]
        let subject = pod.eventSubject
        return Change.create(.persistentVolumeClaims, namespace: key.namespace, claim)
            .telling(failure: {
                EventDraft(subject, .warning, "FailedBinding", "ephemeral volume \(volume): create PVC \(key.name): \($0)")
            })
            .tolerating { $0.isAlreadyExists || $0.isNamespaceTerminating }
    }
}
