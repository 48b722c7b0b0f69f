import ClusterClient
import ClusterObjects

/// One look at a Deployment: what its ReplicaSets should become, and what its status then says.
///
/// Works on copies of the sets; ``decision`` turns what differs into changes.
struct Rollout {
    /// A ReplicaSet and what is to become of it.
    struct Working {
        var set: ReplicaSet
        var replicas: Int
        var annotations: [String: String]
        var minReadySeconds: Int
        var isCreated = false
        var isDeleted = false

        init(_ set: ReplicaSet) {
            self.set = set
            replicas = set.replicas
            annotations = set.annotations
            minReadySeconds = set.minReadySeconds
        }

        var name: String { self.set.name }
        var isChanged: Bool {
            replicas != set.replicas || annotations != set.annotations || minReadySeconds != set.minReadySeconds
        }
        var revision: Int { annotations[Annotation.revision].flatMap { Int($0) } ?? 0 }
        var createdAt: Timestamp { self.set.object.creationTimestamp ?? Timestamp(microseconds: .max) }
    }

    enum Annotation {
        static let revision = "deployment.kubernetes.io/revision"
        static let history = "deployment.kubernetes.io/revision-history"
        static let desired = "deployment.kubernetes.io/desired-replicas"
        static let max = "deployment.kubernetes.io/max-replicas"
        /// What of a Deployment's annotations is its own business.
        static let notCopied: Set<String> = [
            "kubectl.kubernetes.io/last-applied-configuration", revision, history, desired, max, "deprecated.deployment.rollback.to",
        ]
    }

    static let hashLabel = "pod-template-hash"

    let deployment: Deployment
    let now: Timestamp
    var sets: [Working]
    var newIndex: Int?
    var conditions: Conditions
    /// The revision the Deployment's annotation should name; nil leaves it.
    var revision: String?
    var creation: Value?
    /// Whether the status tells of the rollout's progress, or only counts.
    var tellsProgress = false

    init(_ deployment: Deployment, sets: [ReplicaSet], at now: Timestamp) {
        self.deployment = deployment
        self.now = now
        self.sets = sets.map(Working.init).sorted { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }
        conditions = Conditions(deployment.status)
    }

    static func subject(_ deployment: Deployment) -> EventSubject {
        EventSubject(deployment.object, apiVersion: "apps/v1", kind: "Deployment")
    }

    // MARK: - Sums

    var oldIndices: [Int] { sets.indices.filter { $0 != newIndex } }
    var totalReplicas: Int { sets.reduce(0) { $0 + $1.replicas } }
    var availableReplicas: Int { sets.reduce(0) { $0 + $1.set.availableReplicas } }
    var maxAllowed: Int { deployment.replicas + deployment.maxSurge }
    var hasDeadline: Bool { deployment.progressDeadlineSeconds.map { $0 < Int(Int32.max) } ?? false }

    // MARK: - Pausing

    mutating func notePause() {
        guard hasDeadline else { return }
        let reason = conditions.reason("Progressing")
        if reason == "ProgressDeadlineExceeded" { return }
        if deployment.isPaused, reason != "DeploymentPaused" {
            setCondition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
        } else if !deployment.isPaused, reason == "DeploymentPaused" {
            setCondition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
        }
    }

    /// The Deployment's size has changed since its sets were last scaled.
    var isScaling: Bool {
        sets.contains {
            $0.replicas > 0 && $0.annotations[Annotation.desired].flatMap { Int($0) }.map { $0 != deployment.replicas } ?? false
        }
    }

    // MARK: - Strategies

    mutating func roll() {
        tellsProgress = true
        findSets(creating: true)
        if scaleNew() { return }
        if scaleOld() { return }
        if isComplete { cleanUp() }
    }

    mutating func recreate(in cluster: any ClusterView) {
        tellsProgress = true
        findSets(creating: false)
        let active = oldIndices.filter { sets[$0].replicas > 0 }
        if !active.isEmpty {
            for index in active { resize(index, to: 0) }
            return
        }
        if oldPodsRun(in: cluster) { return }
        if newIndex == nil { findSets(creating: true) }
        _ = scaleNew()
        if isComplete { cleanUp() }
    }

    private func oldPodsRun(in cluster: any ClusterView) -> Bool {
        oldIndices.contains { index in
            sets[index].set.currentReplicas > 0
                || cluster.objects(.pods, controlledBy: sets[index].set.uid).contains { !Pod($0).isFinished }
        }
    }

    /// By the stored status: all pods are new, and available.
    var isComplete: Bool {
        let status = deployment.status
        func count(_ field: String) -> Int { status?[field]?.int ?? 0 }
        return count("updatedReplicas") == deployment.replicas && count("replicas") == deployment.replicas
            && count("availableReplicas") == deployment.replicas && deployment.observedGeneration >= deployment.generation
    }

    /// Whether the new set's size has changed.
    private mutating func scaleNew() -> Bool {
        guard let newIndex, !sets[newIndex].isCreated else { return false }
        let replicas = sets[newIndex].replicas
        if replicas == deployment.replicas { return false }
        return resize(newIndex, to: replicas > deployment.replicas ? deployment.replicas : newReplicas(of: sets[newIndex]))
    }

    /// How large the new set may be now.
    func newReplicas(of new: Working?) -> Int {
        let current = new?.replicas ?? 0
        if deployment.isRecreate { return deployment.replicas }
        let total = totalReplicas
        if total >= maxAllowed { return current }
        return current + min(maxAllowed - total, deployment.replicas - current)
    }

    /// Takes away old pods: first those that do not work anyway, then as many as availability allows.
    private mutating func scaleOld() -> Bool {
        guard oldIndices.contains(where: { sets[$0].replicas > 0 }) else { return false }
        let minAvailable = deployment.replicas - deployment.maxUnavailable
        let newUnavailable = newIndex.map { sets[$0].replicas - sets[$0].set.availableReplicas } ?? 0
        let spare = totalReplicas - minAvailable - newUnavailable
        guard spare > 0 else { return false }

        var cleaned = 0
        for index in oldIndices where cleaned < spare && sets[index].replicas > 0 {
            let unhealthy = sets[index].replicas - sets[index].set.availableReplicas
            guard unhealthy > 0 else { continue }
            let count = min(spare - cleaned, unhealthy)
            resize(index, to: sets[index].replicas - count)
            cleaned += count
        }
        var scaled = 0
        let excess = availableReplicas - minAvailable
        for index in oldIndices where scaled < excess && sets[index].replicas > 0 {
            let count = min(sets[index].replicas, excess - scaled)
            resize(index, to: sets[index].replicas - count)
            scaled += count
        }
        return cleaned + scaled > 0
    }

    // MARK: - Changes of sets

    /// Sets a size and the annotations that say what for; whether the size is another one.
    @discardableResult
    mutating func resize(_ index: Int, to replicas: Int) -> Bool {
        sets[index].annotations[Annotation.desired] = String(deployment.replicas)
        sets[index].annotations[Annotation.max] = String(maxAllowed)
        defer { sets[index].replicas = replicas }
        return sets[index].replicas != replicas
    }

    /// Deletes old, empty sets beyond the history's length, the lowest revisions first.
    mutating func cleanUp() {
        guard let limit = deployment.revisionHistoryLimit, limit < Int(Int32.max) else { return }
        let kept = oldIndices.filter { !sets[$0].set.isBeingDeleted }.sorted {
            (sets[$0].revision, sets[$0].createdAt, sets[$0].name) < (sets[$1].revision, sets[$1].createdAt, sets[$1].name)
        }
        for index in kept.prefix(max(0, kept.count - limit)) {
            let set = sets[index].set
            if set.currentReplicas == 0, sets[index].replicas == 0, set.generation <= set.observedGeneration {
                sets[index].isDeleted = true
            }
        }
    }

    mutating func setCondition(_ type: String, _ status: String, _ reason: String, _ message: String) {
        conditions.setDeployment(type, status, reason, message, at: now)
    }
}
