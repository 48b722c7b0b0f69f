import ClusterClient
import ClusterObjects

/// Keeps a claim that is being deleted as long as a pod uses it.
struct ClaimProtection: Controller {
    let name = "pvc-protection-controller"
    static let finalizer = "kubernetes.io/pvc-protection"

    var watches: [Watched] {
        [
            .primary(.persistentVolumeClaims),
            Watched(.pods) { old, new, _ in
                Set(
                    [old, new].compactMap { $0 }.flatMap { pod in
                        Self.claims(of: Pod(pod)).map { ObjectKey(namespace: pod.namespace, name: $0) }
                    }
                ).sorted { $0.name < $1.name }
            },
        ]
    }

    static func claims(of pod: Pod) -> [String] {
        pod.volumes.compactMap { volume in
            if let name = volume["persistentVolumeClaim"]?["claimName"]?.string { return name }
            guard volume["ephemeral"] != nil, let name = volume["name"]?.string else { return nil }
            return "\(pod.name)-\(name)"
        }
    }

    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] {
        guard cluster.object(.persistentVolumeClaims, key)?.isBeingDeleted ?? false else { return [] }
        return [.list(.pods, namespace: key.namespace, limit: 0)]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let claim = request.cluster.object(.persistentVolumeClaims, request.key) else { return .nothing }
        let isProtected = claim.finalizers.contains(Self.finalizer)
        if !claim.isBeingDeleted {
            return isProtected ? .nothing : Finalizers.add(Self.finalizer, to: claim, .persistentVolumeClaims)
        }
        guard isProtected else { return .nothing }
        let pods = request.cluster.objects(.pods, in: claim.namespace)
        let fresh: [APIObject]
        switch request.answers[.list(.pods, namespace: claim.namespace, limit: 0)] {
        case .success(let objects): fresh = objects
        case .failure(let error):
            var decision = Decision()
            decision.problem = error.message
            return decision
        case nil: fresh = []
        }
        let isUsed = (pods + fresh).map(Pod.init).contains { pod in
            !pod.nodeName.isEmpty && !pod.isFinished && Self.claims(of: pod).contains(claim.name)
        }
        return isUsed ? .nothing : Finalizers.remove(Self.finalizer, from: claim, .persistentVolumeClaims)
    }
}

/// Keeps a volume that is being deleted as long as a claim is bound to it.
struct VolumeProtection: Controller {
    let name = "pv-protection-controller"
    static let finalizer = "kubernetes.io/pv-protection"
    var watches: [Watched] { [.primary(.persistentVolumes)] }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let volume = request.cluster.object(.persistentVolumes, request.key) else { return .nothing }
        let isProtected = volume.finalizers.contains(Self.finalizer)
        if !volume.isBeingDeleted { return isProtected ? .nothing : Finalizers.add(Self.finalizer, to: volume, .persistentVolumes) }
        guard isProtected, volume.status?["phase"]?.string != "Bound" else { return .nothing }
        return Finalizers.remove(Self.finalizer, from: volume, .persistentVolumes)
    }
}

/// Changes of one finalizer that fail when the object has changed meanwhile.
enum Finalizers {
    static func add(_ finalizer: String, to object: APIObject, _ resource: GroupVersionResource) -> Decision {
        set(object.finalizers + [finalizer], object, resource)
    }

    static func remove(_ finalizer: String, from object: APIObject, _ resource: GroupVersionResource) -> Decision {
        set(object.finalizers.filter { $0 != finalizer }, object, resource)
    }

    private static func set(_ finalizers: [String], _ object: APIObject, _ resource: GroupVersionResource) -> Decision {
        let metadata: Value = [
            "resourceVersion": Value(object.resourceVersion), "finalizers": finalizers.isEmpty ? .null : Value(finalizers),
        ]
        return Decision(steps: [[Change.patch(resource, object.key, ["metadata": metadata]).tolerating(\.isNotFound)]])
    }
}
