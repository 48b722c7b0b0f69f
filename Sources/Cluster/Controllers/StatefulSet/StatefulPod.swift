import ClusterObjects

/// A pod of a StatefulSet: its ordinal, and what it is waited for.
struct StatefulPod {
    static let nameLabel = "statefulset.kubernetes.io/pod-name"
    static let indexLabel = "apps.kubernetes.io/pod-index"
    static let revisionLabel = "controller-revision-hash"

    var pod: Pod
    var ordinal: Int

    /// Nil when the pod's name is not one of that set.
    init?(_ pod: Pod, of set: StatefulSet) {
        guard let ordinal = StatefulPod.ordinal(pod.name, of: set.name) else { return nil }
        self.pod = pod
        self.ordinal = ordinal
    }

    static func ordinal(_ name: String, of set: String) -> Int? {
        guard name.hasPrefix(set + "-") else { return nil }
        let digits = name.dropFirst(set.count + 1)
        guard let ordinal = Int(digits), ordinal >= 0, String(ordinal) == digits else { return nil }
        return ordinal
    }

    var revision: String { pod.labels[Self.revisionLabel] ?? "" }
    var isTerminating: Bool { pod.isBeingDeleted }
    var isRunningAndReady: Bool { pod.phase == "Running" && pod.isReady }
    var isHealthy: Bool { isRunningAndReady && !isTerminating }
    func isAvailable(_ set: StatefulSet, at now: Timestamp) -> Bool {
        isRunningAndReady && pod.isAvailable(after: set.minReadySeconds, at: now)
    }
}

/// Makes the pods of a StatefulSet and their claims.
struct StatefulPodTemplate {
    let set: StatefulSet

    func pod(_ ordinal: Int, _ revision: RevisionHistory.Entry) -> Value {
        let name = "\(set.name)-\(ordinal)"
        var pod = PodTemplate.pod(revision.template, owner: set.object, apiVersion: "apps/v1", kind: "StatefulSet", name: name)
        for (label, value) in identity(ordinal) { pod[path: "metadata", "labels", label] = Value(value) }
        pod[path: "metadata", "labels", StatefulPod.revisionLabel] = Value(revision.name)
        pod[path: "spec", "hostname"] = Value(name)
        if !set.serviceName.isEmpty { pod[path: "spec", "subdomain"] = Value(set.serviceName) }
        let claims = claimNames(ordinal)
        guard !claims.isEmpty else { return pod }
        var volumes = (pod[path: "spec", "volumes"]?.array ?? []).filter { volume in
            !claims.contains { $0.template == volume["name"]?.string }
        }
        for claim in claims {
            volumes.append(["name": Value(claim.template), "persistentVolumeClaim": ["claimName": Value(claim.name)]])
        }
        pod[path: "spec", "volumes"] = .array(volumes)
        return pod
    }

    func identity(_ ordinal: Int) -> [String: String] {
        [StatefulPod.nameLabel: "\(set.name)-\(ordinal)", StatefulPod.indexLabel: "\(ordinal)"]
    }

    func claimNames(_ ordinal: Int) -> [(template: String, name: String)] {
        set.claimTemplates.map { claim in
            let template = claim["metadata"]?["name"]?.string ?? ""
            return (template, "\(template)-\(set.name)-\(ordinal)")
        }
    }

    /// The claims of a pod, to be made when they are not there.
    func claims(_ ordinal: Int) -> [Value] {
        zip(set.claimTemplates, claimNames(ordinal)).map { template, names in
            var claim = template.value
            claim["apiVersion"] = "v1"
            claim["kind"] = "PersistentVolumeClaim"
            claim["status"] = nil
            claim[path: "metadata", "name"] = Value(names.name)
            claim[path: "metadata", "namespace"] = Value(set.namespace)
            for (key, value) in set.spec?["selector"]?["matchLabels"]?.stringMap ?? [:] {
                claim[path: "metadata", "labels", key] = Value(value)
            }
            if set.deletesClaimsWhenDeleted {
                claim[path: "metadata", "ownerReferences"] = [ClaimRetention.reference(set)]
            }
            return claim
        }
    }
}
