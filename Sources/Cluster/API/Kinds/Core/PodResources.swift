import ClusterObjects

/// What a pod asks a node for (k8s.io/component-helpers/resource).
public enum PodResources {
    /// The sum of the containers' requests, or the most that starting up takes at once, plus the overhead.
    /// `podSpec` is a pod's `spec`; quantities that do not parse count as none.
    public static func requests(of podSpec: Tree) -> [String: Quantity] {
        var total = sum("requests", podSpec)
        add(quantities(podSpec["overhead"]), to: &total)
        return total
    }

    /// The same of the limits; the overhead belongs to those that there are.
    public static func limits(of podSpec: Tree) -> [String: Quantity] {
        var total = sum("limits", podSpec)
        for (name, quantity) in quantities(podSpec["overhead"]) where !(total[name] ?? .zero).isZero { total[name]? += quantity }
        return total
    }

    /// Without the overhead.
    public static func sum(_ list: String, _ podSpec: Tree) -> [String: Quantity] {
        // What is asked of the pod as a whole stands above what its containers ask.
        ofContainers(list, podSpec).merging(quantities(podSpec["resources"]?[list])) { _, pod in pod }
    }

    /// What the containers ask for together.
    static func ofContainers(_ list: String, _ podSpec: Tree) -> [String: Quantity] {
        func amounts(_ container: Tree) -> [String: Quantity] { quantities(container["resources"]?[list]) }
        var total: [String: Quantity] = [:]
        for container in podSpec.elements("containers") { add(amounts(container), to: &total) }

        // Sidecars started so far keep running beside every later init container and the containers.
        var sidecars: [String: Quantity] = [:]
        var peak: [String: Quantity] = [:]
        for container in podSpec.elements("initContainers") {
            var needed = amounts(container)
            if container["restartPolicy"]?.string == "Always" {
                add(needed, to: &total)
                add(needed, to: &sidecars)
                needed = sidecars
            } else {
                add(sidecars, to: &needed)
            }
            raise(&peak, to: needed)
        }
        raise(&total, to: peak)
        return total
    }

    /// A resource list; what does not parse is left out.
    static func quantities(_ list: Tree?) -> [String: Quantity] {
        (list?.stringMap ?? [:]).compactMapValues { Quantity($0) }
    }

    private static func add(_ more: [String: Quantity], to total: inout [String: Quantity]) {
        for (name, quantity) in more { total[name, default: .zero] += quantity }
    }

    private static func raise(_ total: inout [String: Quantity], to least: [String: Quantity]) {
        for (name, quantity) in least where total[name].map({ quantity > $0 }) ?? true { total[name] = quantity }
    }
}
