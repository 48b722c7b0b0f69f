import ClusterObjects

/// A node and what runs on it, kept up to date pod by pod.
struct NodeState: Sendable {
    let name: String
    var labels: [String: String]
    var taints: [Taint]
    var isUnschedulable: Bool
    var allocatable: Resources
    var allowedPods: Int
    /// Whether the node object exists; pods may be seen before it.
    var isPresent: Bool

    private(set) var requested = Resources()
    private(set) var estimated = Resources()
    private(set) var pods: [String: PodInfo] = [:]
    private(set) var ports: [HostPort] = []
    /// How many pods of a controller run here.
    private(set) var perOwner: [String: Int] = [:]
    /// Pods with terms about other pods.
    private(set) var podsWithTerms = 0

    init(name: String) {
        self.name = name
        labels = [:]
        taints = []
        isUnschedulable = false
        allocatable = Resources()
        allowedPods = 0
        isPresent = false
    }

    mutating func update(_ object: APIObject) {
        let node = Node(object)
        labels = object.labels
        taints = node.taints.map(Taint.init)
        isUnschedulable = node.isUnschedulable
        let amounts = object.status?["allocatable"] ?? object.status?["capacity"]
        allocatable = Resources(amounts)
        allowedPods = amounts?["pods"].flatMap { $0.string ?? $0.int.map(String.init) }.flatMap { Quantity($0) }?.value ?? 0
        isPresent = true
    }

    /// O(1) but for host ports.
    mutating func add(_ pod: PodInfo) {
        guard pods.updateValue(pod, forKey: pod.uid) == nil else { return }
        requested += pod.requests
        estimated += pod.estimated
        ports += pod.ports
        if !pod.ownerUID.isEmpty { perOwner[pod.ownerUID, default: 0] += 1 }
        if pod.hasPodTerms { podsWithTerms += 1 }
    }

    mutating func remove(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        requested -= pod.requests
        estimated -= pod.estimated
        if !pod.ports.isEmpty { ports = pods.values.flatMap(\.ports) }
        if !pod.ownerUID.isEmpty {
            let left = (perOwner[pod.ownerUID] ?? 1) - 1
            perOwner[pod.ownerUID] = left > 0 ? left : nil
        }
        if pod.hasPodTerms { podsWithTerms -= 1 }
    }
}
