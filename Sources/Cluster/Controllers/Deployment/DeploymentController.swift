import ClusterClient
import ClusterObjects

/// Rolls a Deployment's pod template out through ReplicaSets: rolling or recreating, pausing, keeping a history.
/// (k8s.io/kubernetes/pkg/controller/deployment)
struct DeploymentController: Controller {
    let name = "deployment-controller"

    var watches: [Watched] {
        [
            .primary(.deployments),
            .owned(.replicaSets, byKind: "Deployment", of: .deployments),
            // A recreating rollout waits for the old pods to be gone.
            Watched(.pods) { old, new, cluster in
                guard new == nil, let owner = old?.controller, owner.kind == "ReplicaSet", let old else { return [] }
                let key = ObjectKey(namespace: old.namespace, name: owner.name)
                guard let set = cluster.object(.replicaSets, key), let deployment = set.controller else { return [] }
                let deploymentKey = ObjectKey(namespace: old.namespace, name: deployment.name)
                guard let object = cluster.object(.deployments, deploymentKey), Deployment(object).isRecreate else { return [] }
                return [deploymentKey]
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.deployments, request.key) else { return .nothing }
        let deployment = Deployment(object)
        if deployment.selector.isEverything { return selectsEverything(deployment) }

        let ownership = Ownership(
            owner: object, apiVersion: "apps/v1", kind: "Deployment", resource: .replicaSets, selector: deployment.selector)
        let claim = ownership.claim(request.cluster.candidates(.replicaSets, of: object, deployment.selector))
        // What has just been adopted is read again before it is scaled.
        guard claim.changes.isEmpty else { return Decision(steps: [claim.changes]) }

        var rollout = Rollout(deployment, sets: claim.owned.map(ReplicaSet.init), at: request.now)
        if object.isBeingDeleted {
            rollout.findSets(creating: false)
            return rollout.decision
        }
        rollout.notePause()
        if deployment.isPaused {
            rollout.findSets(creating: false)
            rollout.scale()
            rollout.cleanUp()
        } else if rollout.isScaling {
            rollout.findSets(creating: false)
            rollout.scale()
        } else if deployment.isRecreate {
            rollout.recreate(in: request.cluster)
        } else {
            rollout.roll()
        }
        return rollout.decision
    }

    private func selectsEverything(_ deployment: Deployment) -> Decision {
        var decision = Decision()
        decision.events.append(
            EventDraft(
                Rollout.subject(deployment), .warning, "SelectingAll",
                "This deployment is selecting all pods. A non-empty selector is required."))
        if deployment.observedGeneration < deployment.generation {
            var draft = deployment.object.draft
            draft["status", default: .emptyObject]["observedGeneration"] = Value(deployment.generation)
            decision.then(.updateStatus(.deployments, deployment.key, draft))
        }
        return decision
    }
}
