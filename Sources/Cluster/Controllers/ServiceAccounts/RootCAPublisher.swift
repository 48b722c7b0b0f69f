import ClusterClient
import ClusterObjects

/// Keeps the ConfigMap `kube-root-ca.crt` in every namespace, and its content what it should be. Keys are namespaces.
struct RootCAPublisher: Controller {
    let name = "root-ca-certificate-publisher"
    /// PEM.
    let certificate: String

    static let mapName = "kube-root-ca.crt"
    static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal "
        + "service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."

    var watches: [Watched] {
        [
            Watched(.namespaces) { _, new, _ in new.map { [ObjectKey(name: $0.name)] } ?? [] },
            Watched(.configMaps) { old, new, _ in
                guard let object = new ?? old, object.name == Self.mapName else { return [] }
                return [ObjectKey(name: object.namespace)]
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        let namespace = request.key.name
        guard let object = request.cluster.object(.namespaces, request.key), !object.isGoingAway else { return .nothing }
        let key = ObjectKey(namespace: namespace, name: Self.mapName)
        let data: Value = ["ca.crt": Value(certificate)]
        guard let map = request.cluster.object(.configMaps, key) else {
            let new: Value = [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": [
                    "name": Value(Self.mapName), "namespace": Value(namespace),
                    "annotations": ["kubernetes.io/description": Value(Self.description)],
                ],
                "data": data,
            ]
            let change = Change.create(.configMaps, namespace: namespace, new)
                .tolerating { $0.isAlreadyExists || $0.isNamespaceTerminating || $0.isNotFound }
            return Decision(steps: [[change]])
        }
        let described = map.annotations["kubernetes.io/description"] == Self.description
        guard map.tree["data"]?.value != data || !described else { return .nothing }
        var draft = map.draft
        draft["data"] = data
        draft["metadata", default: .emptyObject]["annotations", default: .emptyObject]["kubernetes.io/description"] = Value(
            Self.description)
        return Decision(steps: [[.update(.configMaps, key, draft)]])
    }
}
