import ClusterObjects

/// Amounts of what nodes have and pods ask for. CPU in thousandths, the rest in whole units (bytes, devices).
struct Resources: Sendable, Equatable {
    var cpu = 0
    var memory = 0
    var storage = 0
    /// Extended resources and huge pages.
    var others: [String: Int] = [:]

    init() {}

    /// From a map of quantities as in `requests` or `allocatable`; `pods` is left out.
    init(_ quantities: Tree?) {
        for (name, value) in quantities?.fields ?? Value.emptyObject.tree.fields {
            guard let text = value.string ?? value.int.map(String.init), let quantity = Quantity(text) else { continue }
            switch name {
            case "cpu": cpu = quantity.milliValue
            case "memory": memory = quantity.value
            case "ephemeral-storage": storage = quantity.value
            case "pods": break
            default: others[name] = quantity.value
            }
        }
    }

    static func += (left: inout Resources, right: Resources) {
        left.cpu = left.cpu.addingCapped(right.cpu)
        left.memory = left.memory.addingCapped(right.memory)
        left.storage = left.storage.addingCapped(right.storage)
        for (name, amount) in right.others { left.others[name] = (left.others[name] ?? 0).addingCapped(amount) }
    }

    static func -= (left: inout Resources, right: Resources) {
        left.cpu -= right.cpu
        left.memory -= right.memory
        left.storage -= right.storage
        for (name, amount) in right.others { left.others[name] = (left.others[name] ?? 0) - amount }
    }

    mutating func raise(to other: Resources) {
        cpu = max(cpu, other.cpu)
        memory = max(memory, other.memory)
        storage = max(storage, other.storage)
        for (name, amount) in other.others { others[name] = max(others[name] ?? 0, amount) }
    }

    /// What a pod asks for: its containers and sidecars together, or the largest moment of its initialisation, and its overhead.
    /// (k8s.io/component-helpers/resource, PodRequests)
    static func requests(of pod: Pod, nonZero: Bool = false) -> Resources {
        func request(_ container: Tree) -> Resources {
            let requests = container["resources"]?["requests"]
            var result = Resources(requests)
            if nonZero {
                // What a container that asks for nothing is taken to use when nodes are scored.
                if requests?["cpu"] == nil { result.cpu = 100 }
                if requests?["memory"] == nil { result.memory = 200 << 20 }
            }
            return result
        }
        var total = Resources()
        for container in pod.containers { total += request(container) }
        var sidecars = Resources()
        var initial = Resources()
        for container in pod.initContainers {
            var moment = request(container)
            if container["restartPolicy"]?.string == "Always" {
                total += moment
                sidecars += moment
                moment = sidecars
            } else {
                moment += sidecars
            }
            initial.raise(to: moment)
        }
        total.raise(to: initial)
        if let whole = pod.spec?["resources"]?["requests"] {
            let level = Resources(whole)
            if whole["cpu"] != nil { total.cpu = level.cpu }
            if whole["memory"] != nil { total.memory = level.memory }
        }
        total += Resources(pod.spec?["overhead"])
        return total
    }
}

extension Int {
    /// The sum, kept within Int (what outside numbers add up to must not trap).
    func addingCapped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
