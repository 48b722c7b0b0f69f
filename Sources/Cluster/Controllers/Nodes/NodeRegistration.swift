import ClusterClient
import ClusterObjects

/// Tells of nodes that come and gives each a range of pod addresses (k8s.io/kubernetes/pkg/controller/nodeipam, range allocator).
struct NodeRegistration: Controller {
    let name = "node-controller"
    /// e.g. `10.244.0.0/16`, cut into ranges of `nodeMask` bits; nil gives out none.
    let clusterCIDR: AddressRange?
    let nodeMask: Int
    // Two nodes that were given ranges at the same time could get the same one.
    let parallelism = 1

    var watches: [Watched] {
        [Watched(.nodes) { old, new, _ in new.map { old == nil || Node($0).podCIDR.isEmpty ? [$0.key] : [] } ?? [] }]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.nodes, request.key), !object.isBeingDeleted else { return .nothing }
        var decision = Decision()
        guard let clusterCIDR, Node(object).podCIDR.isEmpty else { return decision }
        let taken = Set(request.cluster.objects(.nodes, in: nil).map { Node($0).podCIDR })
        guard let range = clusterCIDR.subranges(of: nodeMask).first(where: { !taken.contains($0.description) }) else {
            decision.events.append(
                EventDraft(
                    NodeLifecycle.subject(object), .normal, "CIDRNotAvailable", "Node \(object.name) status is now: CIDRNotAvailable"))
            return decision
        }
        let text = Value(range.description)
        let subject = NodeLifecycle.subject(object)
        decision.then(
            Change.patch(.nodes, object.key, ["spec": ["podCIDR": text, "podCIDRs": [text]]])
                .telling(success: { name in
                    EventDraft(subject, .normal, "RegisteredNode", "Node \(name) event: Registered Node \(name) in Controller")
                }))
        return decision
    }
}

/// An IPv4 range in CIDR notation.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    public var base: UInt32
    public var mask: Int

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let mask = Int(parts[1]), 0...32 ~= mask else { return nil }
        let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard bytes.count == 4 else { return nil }
        let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        base = mask == 0 ? 0 : address & (UInt32.max << UInt32(32 - mask))
        self.mask = mask
    }

    private init(base: UInt32, mask: Int) {
        self.base = base
        self.mask = mask
    }

    /// The ranges of `mask` bits within, lowest first; made as they are asked for.
    func subranges(of mask: Int) -> some Sequence<AddressRange> {
        let count = self.mask...32 ~= mask ? UInt64(1) << UInt64(mask - self.mask) : 0
        return (0..<count).lazy.map { AddressRange(base: base &+ UInt32(truncatingIfNeeded: $0 << UInt64(32 - mask)), mask: mask) }
    }

    public var description: String { "\(base >> 24).\(base >> 16 & 255).\(base >> 8 & 255).\(base & 255)/\(mask)" }
}
