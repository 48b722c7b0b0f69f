import ClusterAPI
import ClusterObjects
import ClusterStore
import Synchronization

/// Gives services their cluster addresses and node ports, each to one service at a time.
///
/// What is taken is read from the store at the start and kept in memory; a service that is not stored in the end gives back what it got.
final class ServiceAllocator: Sendable {
    private struct Taken {
        var addresses: Set<UInt32> = []
        var ports: Set<Int> = []
    }

    /// A service whose row is damaged on disk: what it holds is not known.
    private let damaged: StoredObject?
    private let network: ServiceNetwork
    private let taken: Mutex<Taken>
    private static let nodePorts = 30000...32767
    private static let services = GroupResource("", "services")

    init(configuration: APIServerConfiguration, store: any Store) {
        network = configuration.serviceNetwork
        var taken = Taken()
        var damaged: StoredObject?
        for object in store.snapshot(ServiceAllocator.services).range() {
            if object.isDamaged { damaged = object }
            let spec = ObjectBytes.tree(object).value["spec"]
            taken.addresses.formUnion(ServiceAllocator.addresses(of: spec))
            taken.ports.formUnion(ServiceAllocator.ports(of: spec))
        }
        self.damaged = damaged
        self.taken = Mutex(taken)
    }

    /// What one request took: given back by ``settle()`` unless kept.
    final class Allocation: Sendable {
        private let allocator: ServiceAllocator?
        private let addresses: [UInt32]
        private let ports: [Int]
        /// What the service had and has no longer, once stored.
        private let left: (addresses: [UInt32], ports: [Int])
        private let isKept = Mutex(false)

        init(_ allocator: ServiceAllocator?, addresses: [UInt32] = [], ports: [Int] = [], left: ([UInt32], [Int]) = ([], [])) {
            self.allocator = allocator
            self.addresses = addresses
            self.ports = ports
            self.left = left
        }

        /// The object has been stored.
        func keep() {
            isKept.withLock { $0 = true }
            allocator?.free(left.addresses, left.ports)
        }

        func settle() {
            if isKept.withLock({ $0 }) { return }
            allocator?.free(addresses, ports)
        }
    }

    /// Fills in addresses and ports of a service. Source: pkg/registry/core/service/storage/alloc.go.
    /// - Throws: 422 for what cannot be had; 500 while a service is damaged on disk, since what it holds must not be given to another.
    func allocate(_ object: inout Value, old: Value?, _ target: Target) throws(APIError) -> Allocation {
        guard target.resource.groupResource == ServiceAllocator.services, target.subresource.isEmpty else { return Allocation(nil) }
        if let damaged, old?["spec"] != object["spec"] { throw .damaged(damaged, ServiceAllocator.services) }
        var spec = object["spec"] ?? .emptyObject
        let before = old?["spec"]
        let type = spec["type"]?.string ?? "ClusterIP"
        var problems: [Problem] = []
        var addresses: [UInt32] = []
        var ports: [Int] = []
        if type == "ExternalName" {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where before != nil { spec[field] = nil }
        } else {
            for (index, family) in (spec["ipFamilies"]?.strings ?? []).enumerated() where family == "IPv6" && before == nil {
                problems.append(
                    .invalid(FieldPath("spec", "ipFamilies").index(index), .string(family), "not configured on this cluster"))
            }
            keepAddress(&spec, before)
            address(&spec, before, &addresses, &problems)
            families(&spec)
        }
        nodePorts(&spec, before, type, &ports, &problems)
        healthCheckPort(&spec, before, type, &ports, &problems)
        if !problems.isEmpty {
            free(addresses, ports)
            throw .invalid(group: "", kind: "Service", name: target.name, problems)
        }
        let held = Set(ServiceAllocator.ports(of: spec))
        let had = ServiceAllocator.addresses(of: before)
        let now = ServiceAllocator.addresses(of: spec)
        object["spec"] = spec
        return Allocation(
            self, addresses: addresses, ports: ports,
            left: (had.filter { !now.contains($0) }, ServiceAllocator.ports(of: before).filter { !held.contains($0) }))
    }

    /// An update that leaves the address out means the one there is.
    private func keepAddress(_ spec: inout Value, _ before: Value?) {
        guard let before, before["type"]?.string != "ExternalName", (spec["clusterIP"]?.string ?? "").isEmpty else { return }
        for field in ["clusterIP", "clusterIPs"] { spec[field] = before[field] }
    }

    private func address(_ spec: inout Value, _ before: Value?, _ got: inout [UInt32], _ problems: inout [Problem]) {
        let asked = spec["clusterIP"]?.string ?? ""
        if asked == "None" {
            spec["clusterIPs"] = ["None"]
            return
        }
        if asked.isEmpty {
            guard let address = takeAddress() else {
                problems.append(
                    .init(FieldPath("spec", "clusterIPs"), .internalError, "failed to allocate a serviceIP: range is full"))
                return
            }
            got.append(address)
            spec["clusterIP"] = .string(ServiceNetwork.text(address))
            spec["clusterIPs"] = [.string(ServiceNetwork.text(address))]
            return
        }
        if spec["clusterIPs"] == nil || before?["clusterIP"] != spec["clusterIP"] { spec["clusterIPs"] = [.string(asked)] }
        if before?["clusterIP"]?.string == asked { return }
        // What is no address is refused by the kind's rules.
        guard let address = ServiceNetwork.address(asked) else { return }
        let path = FieldPath("spec", "clusterIPs")
        guard network.contains(address) else {
            problems.append(
                .invalid(
                    path, [.string(asked)],
                    "failed to allocate IP \(asked): the provided network does not match the current range"))
            return
        }
        guard taken.withLock({ $0.addresses.insert(address).inserted }) else {
            problems.append(
                .invalid(path, [.string(asked)], "failed to allocate IP \(asked): provided IP is already allocated"))
            return
        }
        got.append(address)
    }

    private func families(_ spec: inout Value) {
        if spec["ipFamilyPolicy"] == nil {
            let isSelectorless = (spec["selector"]?.object?.isEmpty ?? true) && spec["clusterIP"]?.string == "None"
            spec["ipFamilyPolicy"] = isSelectorless ? "RequireDualStack" : "SingleStack"
            if isSelectorless, spec["ipFamilies"] == nil { spec["ipFamilies"] = ["IPv4", "IPv6"] }
        }
        if spec["ipFamilies"] == nil { spec["ipFamilies"] = ["IPv4"] }
    }

    /// Any address, as two lists of one content get different ones; first of those that nobody chooses. What the cluster has of its own,
    /// the first for the API and one for names, is never among them.
    private func takeAddress() -> UInt32? {
        let offsets = 1..<network.size - 1
        let chosen = network.keptForChoice
        return taken.withLock { taken in
            for band in [offsets.clamped(to: chosen..<network.size), offsets.clamped(to: 0..<chosen)] where !band.isEmpty {
                let start = UInt32.random(in: 0..<UInt32(band.count))
                for step in 0..<UInt32(band.count) {
                    let address = network.base + band.lowerBound + (start + step) % UInt32(band.count)
                    if address == network.api || address == network.dns { continue }
                    if taken.addresses.insert(address).inserted { return address }
                }
            }
            return nil
        }
    }

    private func nodePorts(
        _ spec: inout Value, _ before: Value?, _ type: String, _ got: inout [Int], _ problems: inout [Problem]
    ) {
        let allocates = type == "NodePort" || (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"]?.bool != false)
        let had = Set(ServiceAllocator.ports(of: before))
        guard var list = spec["ports"]?.array else { return }
        let previous = before?["ports"]?.array ?? []
        for index in list.indices {
            let asked = list[index]["nodePort"]?.int ?? 0
            if type == "ClusterIP" || type == "ExternalName" {
                // Left over from what it was before: dropped with the type that had it.
                if asked != 0, had.contains(asked), before?["type"]?.string != type { list[index]["nodePort"] = nil }
                continue
            }
            if asked != 0 {
                if had.contains(asked) || got.contains(asked) { continue }
                let path = FieldPath("spec", "ports").index(index) / "nodePort"
                guard ServiceAllocator.nodePorts.contains(asked) else {
                    problems.append(
                        .invalid(path, Value(asked), "provided port is not in the valid range. The range of valid ports is 30000-32767"))
                    continue
                }
                guard taken.withLock({ $0.ports.insert(asked).inserted }) else {
                    problems.append(.invalid(path, Value(asked), "provided port is already allocated"))
                    continue
                }
                got.append(asked)
            } else if allocates {
                let same = previous.first {
                    $0["port"] == list[index]["port"] && $0["protocol"] == list[index]["protocol"]
                        && $0["name"] == list[index]["name"]
                }
                if let port = same?["nodePort"]?.int, port != 0 {
                    list[index]["nodePort"] = Value(port)
                } else if let port = takePort() {
                    got.append(port)
                    list[index]["nodePort"] = Value(port)
                } else {
                    problems.append(
                        .init(
                            FieldPath("spec", "ports").index(index) / "nodePort", .internalError,
                            "failed to allocate a nodePort: range is full"))
                }
            }
        }
        spec["ports"] = .array(list)
    }

    /// Where load balancers ask whether a node has endpoints of a service whose traffic stays on the node.
    private func healthCheckPort(
        _ spec: inout Value, _ before: Value?, _ type: String, _ got: inout [Int], _ problems: inout [Problem]
    ) {
        let field = "healthCheckNodePort"
        let previous = before?[field]?.int ?? 0
        let asked = spec[field]?.int ?? 0
        guard type == "LoadBalancer", spec["externalTrafficPolicy"]?.string == "Local" else {
            if asked != 0, asked == previous { spec[field] = nil }
            return
        }
        let path = FieldPath("spec", field)
        if asked != 0 {
            if asked == previous { return }
            guard taken.withLock({ $0.ports.insert(asked).inserted }) else {
                problems.append(.invalid(path, Value(asked), "provided port is already allocated"))
                return
            }
            got.append(asked)
        } else if previous != 0 {
            spec[field] = Value(previous)
        } else if let port = takePort() {
            got.append(port)
            spec[field] = Value(port)
        } else {
            problems.append(.init(path, .internalError, "failed to allocate a nodePort: range is full"))
        }
    }

    private func takePort() -> Int? {
        taken.withLock { taken in
            let range = ServiceAllocator.nodePorts
            let start = Int.random(in: 0..<range.count)
            for step in 0..<range.count {
                let port = range.lowerBound + (start + step) % range.count
                if taken.ports.insert(port).inserted { return port }
            }
            return nil
        }
    }

    /// Gives back what a deleted service had.
    func release(_ object: Value, _ resource: Resource) {
        guard resource.groupResource == ServiceAllocator.services else { return }
        free(ServiceAllocator.addresses(of: object["spec"]), ServiceAllocator.ports(of: object["spec"]))
    }

    private func free(_ addresses: [UInt32], _ ports: [Int]) {
        if addresses.isEmpty, ports.isEmpty { return }
        taken.withLock { taken in
            for address in addresses { taken.addresses.remove(address) }
            for port in ports { taken.ports.remove(port) }
        }
    }

    private static func addresses(of spec: Value?) -> [UInt32] {
        (spec?["clusterIPs"]?.strings ?? []).compactMap(ServiceNetwork.address)
    }

    private static func ports(of spec: Value?) -> [Int] {
        ((spec?["ports"]?.array ?? []).compactMap { $0["nodePort"]?.int } + [spec?["healthCheckNodePort"]?.int ?? 0]).filter { $0 != 0 }
    }
}
