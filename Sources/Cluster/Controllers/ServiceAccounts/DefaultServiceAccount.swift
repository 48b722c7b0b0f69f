import ClusterClient
import ClusterObjects

/// Keeps a ServiceAccount `default` in every namespace. Keys are namespaces.
struct DefaultServiceAccount: Controller {
    let name = "service-account-controller"

    var watches: [Watched] {
        [
            Watched(.namespaces) { _, new, _ in new.map { [ObjectKey(name: $0.name)] } ?? [] },
            Watched(.serviceAccounts) { old, new, _ in new == nil ? old.map { [ObjectKey(name: $0.namespace)] } ?? [] : [] },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        let namespace = request.key.name
        guard let object = request.cluster.object(.namespaces, request.key), !object.isGoingAway,
            request.cluster.object(.serviceAccounts, ObjectKey(namespace: namespace, name: "default")) == nil
        else { return .nothing }
        let account: Value = [
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": Value(namespace)],
        ]
        let change = Change.create(.serviceAccounts, namespace: namespace, account)
            .tolerating { $0.isAlreadyExists || $0.isNamespaceTerminating || $0.isNotFound }
        return Decision(steps: [[change]])
    }
}

extension APIObject {
    /// A namespace that is being deleted.
    var isGoingAway: Bool { isBeingDeleted || status?["phase"]?.string == "Terminating" }
}
