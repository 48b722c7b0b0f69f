import ClusterObjects

/// What a pod asks a node for (k8s.io/component-helpers/resource).
public enum PodResources {
    /// The sum of the containers' requests, or the most that starting up takes at once, plus the overhead.
    /// `podSpec` is a pod's `spec`; quantities that do not parse count as none.
    public static func requests(of podSpec: Tree) -> [String: Quantity] {
        var total: [String: Quantity] = [:]
        for container in podSpec.elements("containers") { add(requests(ofContainer: container), to: &total) }

        // Sidecars started so far keep running beside every later init container and the containers.
        var sidecars: [String: Quantity] = [:]
        var peak: [String: Quantity] = [:]
        for container in podSpec.elements("initContainers") {
            var needed = requests(ofContainer: container)
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

        // Requests of the pod as a whole stand above those of its containers.
        for (name, quantity) in quantities(podSpec["resources"]?["requests"]) { total[name] = quantity }
        add(quantities(podSpec["overhead"]), to: &total)
        return total
    }

    private static func requests(ofContainer container: Tree) -> [String: Quantity] {
        quantities(container["resources"]?["requests"])
    }

    private static func quantities(_ list: Tree?) -> [String: Quantity] {
        (list?.stringMap ?? [:]).compactMapValues { Quantity($0) }
    }

    private static func add(_ more: [String: Quantity], to total: inout [String: Quantity]) {
        for (name, quantity) in more { total[name, default: .zero] += quantity }
    }

    private static func raise(_ total: inout [String: Quantity], to least: [String: Quantity]) {
        for (name, quantity) in least where quantity > total[name, default: .zero] { total[name] = quantity }
    }
}
