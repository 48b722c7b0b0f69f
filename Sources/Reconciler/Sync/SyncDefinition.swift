import ClusterAPI
import ClusterObjects

/// The CustomResourceDefinition of `syncs` of `skiff.dev/v1`, for a server that does not serve them by itself: an engine without a
/// reconciler of its own, or another Kubernetes.
enum SyncDefinition {
    static var value: Value {
        let resource = Resource.syncs
        let columns = resource.columns.filter { $0.name != "Name" }.map { column -> Value in
            ["name": .string(column.name), "type": .string(column.type), "jsonPath": .string(column.jsonPath)]
        }
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("\(resource.plural).\(resource.group)")],
            "spec": [
                "group": .string(resource.group), "scope": "Cluster",
                "names": [
                    "kind": .string(resource.kind), "listKind": .string("\(resource.kind)List"), "plural": .string(resource.plural),
                    "singular": .string(resource.singular),
                ],
                "versions": [
                    [
                        "name": .string(resource.version), "served": true, "storage": true, "subresources": ["status": .emptyObject],
                        "additionalPrinterColumns": .array(columns),
                        "schema": ["openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]],
                    ]
                ],
            ],
        ]
    }
}
