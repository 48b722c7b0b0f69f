import ClusterClient
import ClusterObjects

/// Everything placement depends on, kept up to date change by change: nodes with their pods, those bound but not yet seen
/// included, nominations, and the objects that volumes and budgets are about.
struct SchedulingState: Sendable {
    private(set) var nodes: [NodeState] = []
    private var index: [String: Int] = [:]
    /// Where pods are counted: uid → node.
    private var places: [String: Int] = [:]
    private(set) var nodesWithTerms: Set<Int> = []
    private(set) var presentNodes = 0
    /// Where the search for feasible nodes starts, so that large clusters are used evenly.
    var searchStart = 0
    var nominated: [String: [String: PodInfo]] = [:]
    private(set) var namespaceLabels: [String: [String: String]] = [:]
    private(set) var others: [GroupVersionResource: [ObjectKey: APIObject]] = [:]

    /// How many pods of a controller run in a zone.
    private var ownersInZone: [String: [String: Int]] = [:]
    static let zoneLabel = "topology.kubernetes.io/zone"

    func node(_ name: String) -> NodeState? { index[name].map { nodes[$0] } }
    func slot(of name: String) -> Int? { index[name] }
    /// Zones → pods of that controller in them.
    func podsInZone(_ zone: String, of owner: String) -> Int { ownersInZone[zone]?[owner] ?? 0 }

    private mutating func slot(_ name: String) -> Int {
        if let found = index[name] { return found }
        nodes.append(NodeState(name: name))
        index[name] = nodes.count - 1
        return nodes.count - 1
    }

    // MARK: - Nodes

    mutating func setNode(_ object: APIObject) {
        let slot = slot(object.name)
        if !nodes[slot].isPresent { presentNodes += 1 }
        let before = nodes[slot].labels[Self.zoneLabel]
        nodes[slot].update(object)
        let after = nodes[slot].labels[Self.zoneLabel]
        guard before != after else { return }
        for (owner, count) in nodes[slot].perOwner {
            countInZone(before, owner, -count)
            countInZone(after, owner, count)
        }
    }

    mutating func removeNode(_ name: String) {
        guard let slot = index[name], nodes[slot].isPresent else { return }
        presentNodes -= 1
        nodes[slot].isPresent = false
    }

    // MARK: - Pods

    /// Counts a pod where it runs; moving it there when it was counted elsewhere.
    mutating func place(_ pod: PodInfo, on name: String) {
        let slot = slot(name)
        if let old = places[pod.uid] {
            unplace(pod.uid, old)
        }
        nodes[slot].add(pod)
        countInZone(nodes[slot].labels[Self.zoneLabel], pod.ownerUID, 1)
        places[pod.uid] = slot
        if nodes[slot].podsWithTerms > 0 { nodesWithTerms.insert(slot) }
        denominate(pod)
    }

    /// Whether it was counted.
    @discardableResult
    mutating func remove(_ uid: String) -> Bool {
        guard let slot = places.removeValue(forKey: uid) else { return false }
        unplace(uid, slot)
        return true
    }

    private mutating func countInZone(_ zone: String?, _ owner: String, _ amount: Int) {
        guard let zone, !owner.isEmpty else { return }
        let count = (ownersInZone[zone]?[owner] ?? 0) + amount
        ownersInZone[zone, default: [:]][owner] = count > 0 ? count : nil
        if ownersInZone[zone]?.isEmpty == true { ownersInZone[zone] = nil }
    }

    private mutating func unplace(_ uid: String, _ slot: Int) {
        if let pod = nodes[slot].pods[uid] { countInZone(nodes[slot].labels[Self.zoneLabel], pod.ownerUID, -1) }
        nodes[slot].remove(uid)
        if nodes[slot].podsWithTerms == 0 { nodesWithTerms.remove(slot) }
    }

    func isPlaced(_ uid: String) -> Bool { places[uid] != nil }

    mutating func nominate(_ pod: PodInfo, _ node: String) {
        denominate(pod)
        nominated[node, default: [:]][pod.uid] = pod
    }

    mutating func denominate(_ pod: PodInfo) {
        guard !nominated.isEmpty else { return }
        for (node, pods) in nominated where pods[pod.uid] != nil {
            nominated[node]?[pod.uid] = nil
            if nominated[node]?.isEmpty == true { nominated[node] = nil }
        }
    }

    /// The same with one node as it would be.
    func replacing(_ slot: Int, with node: NodeState) -> SchedulingState {
        var copy = self
        copy.nodes[slot] = node
        return copy
    }

    // MARK: - The rest

    mutating func set(_ resource: GroupVersionResource, _ object: APIObject) {
        if resource == .namespaces {
            namespaceLabels[object.name] = object.labels
        } else {
            others[resource, default: [:]][object.key] = object
        }
    }

    mutating func remove(_ resource: GroupVersionResource, _ key: ObjectKey) {
        if resource == .namespaces { namespaceLabels[key.name] = nil } else { others[resource]?[key] = nil }
    }

    func object(_ resource: GroupVersionResource, _ key: ObjectKey) -> APIObject? { others[resource]?[key] }
    func objects(_ resource: GroupVersionResource) -> [APIObject] { others[resource].map { Array($0.values) } ?? [] }
}
