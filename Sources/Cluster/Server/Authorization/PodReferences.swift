import ClusterObjects

/// An object that a pod needs: its node may read it. `pods` itself is not among them.
struct PodReference: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case secret, configMap, claim, serviceAccount, resourceClaim }

    var kind: Kind
    /// In the pod's namespace.
    var name: String

    /// What a pod's spec names. Source: pkg/api/pod/util.go, VisitPodSecretNames and VisitPodConfigmapNames;
    /// plugin/pkg/auth/authorizer/node/graph.go.
    static func all(of pod: Tree) -> Set<PodReference> {
        var found: Set<PodReference> = []
        func add(_ kind: Kind, _ name: Tree?) {
            if let name = name?.string, !name.isEmpty { found.insert(PodReference(kind: kind, name: name)) }
        }
        // Static pods' mirrors name nothing.
        guard pod[path: "metadata", "annotations", "kubernetes.io/config.mirror"] == nil, let spec = pod["spec"] else { return found }
        add(.serviceAccount, spec["serviceAccountName"])
        for secret in spec["imagePullSecrets"]?.elements ?? Tree.noElements { add(.secret, secret["name"]) }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec[list]?.elements ?? Tree.noElements {
                for source in container["envFrom"]?.elements ?? Tree.noElements {
                    add(.configMap, source[path: "configMapRef", "name"])
                    add(.secret, source[path: "secretRef", "name"])
                }
                for variable in container["env"]?.elements ?? Tree.noElements {
                    add(.configMap, variable[path: "valueFrom", "configMapKeyRef", "name"])
                    add(.secret, variable[path: "valueFrom", "secretKeyRef", "name"])
                }
            }
        }
        let name = pod[path: "metadata", "name"]?.string ?? ""
        for volume in spec["volumes"]?.elements ?? Tree.noElements {
            add(.configMap, volume[path: "configMap", "name"])
            add(.secret, volume[path: "secret", "secretName"])
            add(.claim, volume[path: "persistentVolumeClaim", "claimName"])
            if volume["ephemeral"] != nil, let own = volume["name"]?.string {
                found.insert(PodReference(kind: .claim, name: "\(name)-\(own)"))
            }
            for source in volume[path: "projected", "sources"]?.elements ?? Tree.noElements {
                add(.configMap, source[path: "configMap", "name"])
                add(.secret, source[path: "secret", "name"])
            }
            // Drivers' own secrets.
            for driver in ["cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] {
                add(.secret, volume[path: driver, "secretRef", "name"])
            }
            add(.secret, volume[path: "azureFile", "secretName"])
            add(.secret, volume[path: "csi", "nodePublishSecretRef", "name"])
        }
        for claim in spec["resourceClaims"]?.elements ?? Tree.noElements { add(.resourceClaim, claim["resourceClaimName"]) }
        for claim in pod[path: "status", "resourceClaimStatuses"]?.elements ?? Tree.noElements {
            add(.resourceClaim, claim["resourceClaimName"])
        }
        return found
    }
}

/// Which pods run on which node, and what they need. A value, kept up to date by who owns it.
///
/// Asking is O(pods of the node).
struct NodePods: Sendable {
    private var byNode: [String: [String: Set<PodReference>]] = [:]
    private var nodes: [String: String] = [:]

    /// - Parameter path: `namespace/name`.
    mutating func set(_ path: String, _ pod: Tree) {
        let node = pod[path: "spec", "nodeName"]?.string ?? ""
        if nodes[path] != node { remove(path) }
        guard !node.isEmpty else { return }
        nodes[path] = node
        byNode[node, default: [:]][path] = PodReference.all(of: pod)
    }

    mutating func remove(_ path: String) {
        guard let node = nodes.removeValue(forKey: path) else { return }
        byNode[node]?[path] = nil
        if byNode[node]?.isEmpty == true { byNode[node] = nil }
    }

    /// Whether the pod is on the node.
    func has(_ path: String, on node: String) -> Bool { nodes[path] == node }

    /// Whether a pod of the namespace, on that node, needs the object.
    func need(_ reference: PodReference, in namespace: String, on node: String) -> Bool {
        byNode[node]?.contains { path, references in
            references.contains(reference) && path.utf8.starts(with: "\(namespace)/".utf8)
        } ?? false
    }

    /// The claims that pods on a node use: namespaces and names.
    func claims(on node: String) -> Set<ObjectKey> {
        var result: Set<ObjectKey> = []
        for (path, references) in byNode[node] ?? [:] {
            let namespace = String(path.prefix { $0 != "/" })
            for reference in references where reference.kind == .claim {
                result.insert(ObjectKey(namespace: namespace, name: reference.name))
            }
        }
        return result
    }
}

extension Tree {
    /// No elements, for `tree["list"]?.elements ?? Tree.noElements`.
    static let noElements: Elements = Value.null.tree.elements
}
