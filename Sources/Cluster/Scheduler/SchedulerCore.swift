import ClusterClient
import ClusterObjects

/// The scheduler without its I/O: takes what happened in the cluster, says what to do. ``Scheduler`` performs it.
struct SchedulerCore: Sendable {
    enum Action: Sendable {
        /// Bind; already counted on that node. Answer with `bound`.
        case bind(PodInfo, node: String)
        /// Reserve volumes first; the pod is tried again when its claims are bound.
        case bindVolumes(PodInfo, node: String, [VolumeBinding.Binding])
        /// Tell that it fits nowhere.
        case report(PodInfo, message: String, nominatedNode: String?)
        case evict([PodInfo], for: PodInfo, node: String)
        /// Tell that its gates hold it.
        case reportGated(PodInfo)
    }

    private(set) var state = SchedulingState()
    private(set) var queue = SchedulingQueue()
    /// Bound by us, not yet seen bound.
    private var assumed: [String: PodInfo] = [:]
    let schedulerName: String

    init(schedulerName: String = "default-scheduler") { self.schedulerName = schedulerName }

    static let watched: [GroupVersionResource] = [
        .nodes, .pods, .namespaces, .persistentVolumes, .persistentVolumeClaims, .storageClasses, .podDisruptionBudgets,
    ]

    // MARK: - What happened

    mutating func observe(_ resource: GroupVersionResource, _ event: WatchEvent, at now: Timestamp) -> [Action] {
        let object = event.object
        switch resource {
        case .pods: return observePod(event, at: now)
        case .nodes: observeNode(event, at: now)
        default:
            if event.kind == .deleted { state.remove(resource, object.key) } else { state.set(resource, object) }
            if resource != .namespaces, resource != .podDisruptionBudgets { queue.happened(.volumesChanged, at: now) }
        }
        return []
    }

    private mutating func observeNode(_ event: WatchEvent, at now: Timestamp) {
        let object = event.object
        guard event.kind != .deleted else { return state.removeNode(object.name) }
        let old = state.node(object.name)
        state.setNode(object)
        guard let new = state.node(object.name) else { return }
        guard let old, old.isPresent else { return queue.happened(.nodeAdded, at: now) }
        if old.labels != new.labels { queue.happened(.nodeLabelsChanged, at: now) }
        if old.taints != new.taints || old.isUnschedulable != new.isUnschedulable { queue.happened(.nodeTaintsChanged, at: now) }
        if old.allocatable != new.allocatable || old.allowedPods != new.allowedPods { queue.happened(.nodeAllocatableChanged, at: now) }
    }

    private mutating func observePod(_ event: WatchEvent, at now: Timestamp) -> [Action] {
        let pod = PodInfo(event.object)
        if event.kind == .deleted || pod.isFinished {
            assumed[pod.uid] = nil
            queue.remove(pod.uid)
            state.denominate(pod)
            if state.remove(pod.uid) { queue.happened(.podRemoved, at: now) }
            return []
        }
        if !pod.nodeName.isEmpty {
            let isNew = !state.isPlaced(pod.uid)
            assumed[pod.uid] = nil
            queue.remove(pod.uid)
            state.place(pod, on: pod.nodeName)
            if isNew { queue.happened(.podPlaced, at: now) }
            return []
        }
        guard pod.schedulerName == schedulerName, assumed[pod.uid] == nil else { return [] }
        if pod.isTerminating {
            queue.remove(pod.uid)
            state.denominate(pod)
            return []
        }
        if pod.nominatedNode.isEmpty { state.denominate(pod) } else { state.nominate(pod, pod.nominatedNode) }
        if pod.isGated {
            queue.remove(pod.uid)
            return Pod(pod.object).condition("PodScheduled")?.reason == "SchedulingGated" ? [] : [.reportGated(pod)]
        }
        queue.add(pod, at: now)
        return []
    }

    /// A bind has been answered: done, or to be tried again, or `isGone` and never.
    mutating func bound(_ pod: PodInfo, succeeded: Bool, isGone: Bool, at now: Timestamp) {
        if succeeded {
            queue.remove(pod.uid)
            return
        }
        // Seen bound meanwhile: then it is.
        guard assumed.removeValue(forKey: pod.uid) != nil else { return queue.remove(pod.uid) }
        state.remove(pod.uid)
        if isGone { queue.remove(pod.uid) } else { queue.retry(pod.uid, at: now) }
        queue.happened(.podRemoved, at: now)
    }

    /// Volumes have been reserved, or could not be.
    mutating func volumesReserved(_ pod: PodInfo, succeeded: Bool, at now: Timestamp) {
        if succeeded { queue.park(pod.uid, rejectedBy: [.volumeBinding], at: now) } else { queue.retry(pod.uid, at: now) }
    }

    // MARK: - What to do

    mutating func tick(at now: Timestamp) -> Double? { queue.tick(at: now) }
    var hasWork: Bool { !queue.isEmpty }
    var waiting: SchedulingQueue.Waiting { queue.waiting }

    /// Decides on up to `count` pods.
    mutating func next(_ count: Int, at now: Timestamp) -> [Action] {
        var actions: [Action] = []
        for _ in 0..<count {
            guard let pod = queue.pop(at: now) else { break }
            actions += decide(pod, at: now)
        }
        return actions
    }

    private mutating func decide(_ pod: PodInfo, at now: Timestamp) -> [Action] {
        switch Placement.of(pod, in: &state) {
        case .node(let node, let bindings):
            guard bindings.isEmpty else { return [.bindVolumes(pod, node: node, bindings)] }
            state.place(pod, on: node)
            assumed[pod.uid] = pod
            return [.bind(pod, node: node)]
        case .nowhere(var diagnosis):
            var actions: [Action] = []
            var nominated: String?
            if diagnosis.nodes > 0, diagnosis.refusal == nil {
                switch Preemption.of(pod, diagnosis, in: state) {
                case .no(let why): diagnosis.preemption = why
                case .makesRoom(let preemption):
                    nominated = preemption.node
                    state.nominate(pod, preemption.node)
                    actions.append(.evict(preemption.victims.filter { !$0.isTerminating }, for: pod, node: preemption.node))
                }
            }
            queue.park(pod.uid, rejectedBy: diagnosis.plugins, at: now)
            return [.report(pod, message: diagnosis.message, nominatedNode: nominated)] + actions
        }
    }
}
