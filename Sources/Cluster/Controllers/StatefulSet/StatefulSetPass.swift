import ClusterClient
import ClusterObjects

/// One look at a StatefulSet: what to create, delete or replace next, in the order of ordinals unless it is parallel.
struct StatefulSetPass {
    let set: StatefulSet
    let current: RevisionHistory.Entry
    let update: RevisionHistory.Entry
    let cluster: any ClusterView
    let now: Timestamp
    private(set) var steps: [[Change]] = []
    private let replicas: [Int: StatefulPod]
    /// Pods outside the wanted ordinals, the highest first.
    private let condemned: [StatefulPod]
    private var creations: [Change] = []
    private var deletions: [Change] = []
    private var claims: [Change] = []

    init(
        set: StatefulSet, pods: [StatefulPod], current: RevisionHistory.Entry, update: RevisionHistory.Entry, cluster: any ClusterView,
        now: Timestamp
    ) {
        self.set = set
        self.current = current
        self.update = update
        self.cluster = cluster
        self.now = now
        let ordinals = set.ordinals
        replicas = Dictionary(pods.filter { ordinals.contains($0.ordinal) }.map { ($0.ordinal, $0) }) { first, _ in first }
        condemned = pods.filter { !ordinals.contains($0.ordinal) }.sorted { $0.ordinal > $1.ordinal }
    }

    mutating func decide() {
        let retention = ClaimRetention(set: set, cluster: cluster)
        claims = replicas.values.flatMap { retention.changes($0, isCondemned: false) }
        claims += condemned.flatMap { retention.changes($0, isCondemned: true) }
        walk()
        // Claims come before the pods that mount them, and know their owners before pods go.
        if !claims.isEmpty { steps.append(claims) }
        if !creations.isEmpty { steps.append(creations) }
        if !deletions.isEmpty { steps.append(deletions) }
    }

    private mutating func walk() {
        for ordinal in set.ordinals where blocksAfterKeeping(ordinal) { return }
        for pod in condemned where blocksAfterRemoving(pod) { return }
        guard set.isRolling else { return }
        replaceOne()
    }

    /// Makes or mends the pod of an ordinal; whether the others must wait for it.
    private mutating func blocksAfterKeeping(_ ordinal: Int) -> Bool {
        guard let pod = replicas[ordinal] else {
            create(ordinal)
            return !set.isParallel
        }
        if pod.pod.isFinished {
            if !pod.isTerminating { delete(pod) }
            return true
        }
        if pod.pod.phase == "Pending", !pod.isTerminating { createClaims(ordinal) }
        if !set.isParallel, pod.isTerminating || !pod.isAvailable(set, at: now) { return true }
        let identity = StatefulPodTemplate(set: set).identity(ordinal)
        if !pod.isTerminating, identity.contains(where: { pod.pod.labels[$0.key] != $0.value }) {
            claims.append(
                .patch(.pods, pod.pod.key, ["metadata": ["uid": Value(pod.pod.uid), "labels": Value(identity)]], tag: "identity"))
        }
        return false
    }

    /// The unhealthy pod of the lowest ordinal, which may always go.
    private var firstUnhealthy: StatefulPod? {
        (Array(replicas.values) + condemned).filter { !$0.isHealthy }.min { $0.ordinal < $1.ordinal }
    }

    private mutating func blocksAfterRemoving(_ pod: StatefulPod) -> Bool {
        if pod.isTerminating { return !set.isParallel }
        if !set.isParallel, !pod.isAvailable(set, at: now), pod.pod.uid != firstUnhealthy?.pod.uid { return true }
        delete(pod)
        return !set.isParallel
    }

    /// Of the pods of an old revision the one of the highest ordinal, when all above it are healthy.
    private mutating func replaceOne() {
        guard creations.isEmpty || set.isParallel else { return }
        let lowest = set.firstOrdinal + max(set.partition, 0)
        for ordinal in set.ordinals.reversed() where ordinal >= lowest {
            guard let pod = replicas[ordinal] else { return }
            if pod.revision != update.name, !pod.isTerminating { return delete(pod) }
            if !pod.isHealthy || !pod.isAvailable(set, at: now) { return }
        }
    }

    private var subject: EventSubject { EventSubject(set.object, apiVersion: "apps/v1", kind: "StatefulSet") }

    private mutating func create(_ ordinal: Int) {
        createClaims(ordinal)
        let keepsCurrent = set.isRolling && ordinal < set.firstOrdinal + set.partition
        let pod = StatefulPodTemplate(set: set).pod(ordinal, keepsCurrent ? current : update)
        let (subject, name) = (subject, set.name)
        creations.append(
            Change.create(.pods, namespace: set.namespace, pod)
                .telling(
                    success: { EventDraft(subject, .normal, "SuccessfulCreate", "Create Pod \($0) in StatefulSet \(name) successful") },
                    failure: { error in
                        error.isNamespaceTerminating
                            ? nil
                            : EventDraft(
                                subject, .warning, "FailedCreate",
                                "Create Pod \(name)-\(ordinal) in StatefulSet \(name) failed error: \(error)")
                    }))
    }

    private mutating func createClaims(_ ordinal: Int) {
        let (subject, set) = (subject, set)
        for claim in StatefulPodTemplate(set: set).claims(ordinal) {
            let name = claim[path: "metadata", "name"]?.string ?? ""
            guard cluster.object(.persistentVolumeClaims, ObjectKey(namespace: set.namespace, name: name)) == nil else { continue }
            let message = "Create Claim \(name) Pod \(set.name)-\(ordinal) in StatefulSet \(set.name)"
            claims.append(
                Change.create(.persistentVolumeClaims, namespace: set.namespace, claim, tag: "claim")
                    .telling(
                        success: { _ in EventDraft(subject, .normal, "SuccessfulCreate", "\(message) success") },
                        failure: { EventDraft(subject, .warning, "FailedCreate", "\(message) failed error: \($0)") }
                    ).tolerating(\.isAlreadyExists))
        }
    }

    private mutating func delete(_ pod: StatefulPod) {
        let (subject, name) = (subject, set.name)
        deletions.append(
            Change.delete(.pods, pod.pod.object)
                .telling(
                    success: { _ in
                        EventDraft(
                            subject, .normal, "SuccessfulDelete", "Delete Pod \(pod.pod.name) in StatefulSet \(name) successful")
                    },
                    failure: {
                        EventDraft(
                            subject, .warning, "FailedDelete",
                            "Delete Pod \(pod.pod.name) in StatefulSet \(name) failed error: \($0)")
                    }))
    }
}
