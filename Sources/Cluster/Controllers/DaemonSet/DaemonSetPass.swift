import ClusterClient
import ClusterObjects

/// One look at a DaemonSet: pods that are missing, superfluous, failed or out of date.
struct DaemonSetPass {
    let set: DaemonSet
    let hash: String
    let nodes: [Node]
    let now: Timestamp
    private(set) var creations: [Change] = []
    private(set) var deletions: [Change] = []
    private(set) var events: [EventDraft] = []
    /// Seconds until a failed pod may be replaced.
    private(set) var wait: Double?
    private let byNode: [String: [Pod]]
    private let verdicts: [String: (runs: Bool, stays: Bool)]
    private var doomed: Set<String> = []

    static let burst = 250
    /// A pod that fails at once is not replaced faster than this.
    static let shortestLife = 1.0

    init(set: DaemonSet, hash: String, nodes: [Node], pods: [Pod], now: Timestamp) {
        self.set = set
        self.hash = hash
        self.nodes = nodes
        self.now = now
        byNode = Dictionary(grouping: pods) { DaemonPlace.node(of: $0) }.mapValues { pods in
            pods.sorted { left, right in
                let (a, b) = (left.object.creationTimestamp, right.object.creationTimestamp)
                if let a, let b, a != b { return a < b }
                return left.name < right.name
            }
        }
        let place = DaemonPlace(set)
        verdicts = Dictionary(nodes.map { ($0.name, place.verdict($0)) }) { first, _ in first }
    }

    mutating func decide() {
        for node in nodes { manage(node) }
        for (name, pods) in byNode where verdicts[name] == nil {
            for pod in pods where pod.nodeName.isEmpty && !pod.isBeingDeleted { delete(pod) }
        }
        // Pods that are just made or removed are in no cache yet: what is available then is counted next time.
        guard set.isRolling, creations.isEmpty, deletions.isEmpty else { return }
        if set.maxSurge(of: desired) == 0 { replace() } else { surge() }
    }

    private var desired: Int { verdicts.values.count { $0.runs } }
    private func isCurrent(_ pod: Pod) -> Bool { pod.labels[DaemonSetController.hashLabel] == hash }
    private func isAvailable(_ pod: Pod) -> Bool { pod.isAvailable(after: set.minReadySeconds, at: now) }

    private mutating func manage(_ node: Node) {
        guard let verdict = verdicts[node.name] else { return }
        let pods = byNode[node.name] ?? []
        if pods.isEmpty {
            if verdict.runs { create(on: node.name) }
            return
        }
        guard verdict.stays else {
            for pod in pods where !pod.isBeingDeleted { delete(pod) }
            return
        }
        var running: [Pod] = []
        for pod in pods where !pod.isBeingDeleted {
            switch pod.phase {
            case "Failed", "Succeeded": replaceEnded(pod, on: node.name)
            default: running.append(pod)
            }
        }
        if set.maxSurge(of: desired) == 0 {
            for pod in running.dropFirst() { delete(pod) }
        } else {
            for group in [running.filter(isCurrent), running.filter { !isCurrent($0) }] { group.dropFirst().forEach { delete($0) } }
        }
    }

    private mutating func replaceEnded(_ pod: Pod, on node: String) {
        if let created = pod.object.creationTimestamp, created + Self.shortestLife > now {
            let remaining = created + Self.shortestLife - now
            wait = min(wait ?? remaining, remaining)
            return
        }
        if pod.phase == "Failed" {
            let message = "Found failed daemon pod \(pod.namespace)/\(pod.name) on node \(node), will try to kill it"
            events.append(EventDraft(subject, .warning, "FailedDaemonPod", message))
        } else {
            let message = "Found succeeded daemon pod \(pod.namespace)/\(pod.name) on node \(node), will try to delete it"
            events.append(EventDraft(subject, .normal, "SucceededDaemonPod", message))
        }
        delete(pod)
    }

    /// The pod of this revision and the one of another on a node; nil when there are several of one kind.
    private func pair(_ pods: [Pod]) -> (new: Pod?, old: Pod?)? {
        let alive = pods.filter { !$0.isBeingDeleted }
        let new = alive.filter(isCurrent)
        let old = alive.filter { !isCurrent($0) }
        return new.count > 1 || old.count > 1 ? nil : (new.first, old.first)
    }

    /// Deletes old pods as long as no more than `maxUnavailable` are missing; those that do not work anyway all at once.
    private mutating func replace() {
        let limit = set.maxUnavailable(of: desired)
        var unavailable = 0
        var broken: [Pod] = []
        var candidates: [Pod] = []
        for (_, pods) in byNode.sorted(by: { $0.key < $1.key }) {
            guard let pair = pair(pods) else {
                unavailable += 1
                continue
            }
            switch (pair.new, pair.old) {
            case (nil, nil), (.some, .some): unavailable += 1
            case (let new?, nil): if !isAvailable(new) { unavailable += 1 }
            case (nil, let old?): if isAvailable(old) { candidates.append(old) } else { broken.append(old) }
            }
        }
        for pod in broken + candidates.prefix(max(0, limit - unavailable)) { delete(pod) }
    }

    /// Adds new pods beside old ones, up to `maxSurge`, and deletes the old ones whose successors are available.
    private mutating func surge() {
        var surging = 0
        var urgent: [String] = []
        var candidates: [String] = []
        for (node, pods) in byNode.sorted(by: { $0.key < $1.key }) where verdicts[node]?.runs ?? false {
            guard let pair = pair(pods) else {
                surging += 1
                continue
            }
            guard let old = pair.old else { continue }
            if let new = pair.new {
                if isAvailable(new) { delete(old) } else { surging += 1 }
            } else if isAvailable(old) {
                candidates.append(node)
            } else {
                urgent.append(node)
            }
        }
        for node in urgent + candidates.prefix(max(0, set.maxSurge(of: desired) - surging)) { create(on: node) }
    }

    func status(collisions: Int?) -> Value {
        var (current, misscheduled, ready, available, updated) = (0, 0, 0, 0, 0)
        for node in nodes {
            let first = byNode[node.name]?.first
            guard verdicts[node.name]?.runs ?? false else {
                if first != nil { misscheduled += 1 }
                continue
            }
            guard let first else { continue }
            current += 1
            if first.isReady { ready += 1 }
            if isAvailable(first) { available += 1 }
            if isCurrent(first) { updated += 1 }
        }
        var status: Value = [
            "currentNumberScheduled": Value(current), "numberMisscheduled": Value(misscheduled),
            "desiredNumberScheduled": Value(desired), "numberReady": Value(ready), "observedGeneration": Value(set.generation),
        ]
        func add(_ field: String, _ number: Int) { if number > 0 { status[field] = Value(number) } }
        add("updatedNumberScheduled", updated)
        add("numberAvailable", available)
        add("numberUnavailable", desired - available)
        if let collisions { status["collisionCount"] = Value(collisions) }
        status["conditions"] = set.status?["conditions"]?.value
        return status
    }

    // MARK: - Changes

    private var subject: EventSubject { EventSubject(set.object, apiVersion: "apps/v1", kind: "DaemonSet") }

    private mutating func create(on node: String) {
        guard creations.count < Self.burst else { return }
        var pod = PodTemplate.pod(
            set.template?.value ?? .emptyObject, owner: set.object, apiVersion: "apps/v1", kind: "DaemonSet")
        pod[path: "metadata", "labels", DaemonSetController.hashLabel] = Value(hash)
        if let generation = set.templateGeneration { pod[path: "metadata", "labels", "pod-template-generation"] = Value(generation) }
        let term: Value = ["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]
        pod[path: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"] = ["nodeSelectorTerms": [term]]
        let own = pod[path: "spec", "tolerations"]?.array ?? []
        let added = DaemonPlace.tolerations(hostNetwork: pod[path: "spec", "hostNetwork"]?.bool ?? false)
        pod[path: "spec", "tolerations"] = .array(own + added.filter { !own.contains($0) })
        let subject = subject
        creations.append(
            Change.create(.pods, namespace: set.namespace, pod)
                .telling(
                    success: { EventDraft(subject, .normal, "SuccessfulCreate", "Created pod: \($0)") },
                    failure: { error in
                        error.isNamespaceTerminating
                            ? nil : EventDraft(subject, .warning, "FailedCreate", "Error creating: \(error)")
                    }))
    }

    private mutating func delete(_ pod: Pod) {
        guard deletions.count < Self.burst, doomed.insert(pod.uid).inserted else { return }
        let subject = subject
        deletions.append(
            Change.delete(.pods, pod.object)
                .telling(
                    success: { _ in EventDraft(subject, .normal, "SuccessfulDelete", "Deleted pod: \(pod.name)") },
                    failure: { EventDraft(subject, .warning, "FailedDelete", "Error deleting: \($0)") }))
    }
}
