import ClusterObjects

/// A pod's quality of service class (pkg/apis/core/v1/helper/qos).
public enum PodQOS {
    /// `Guaranteed`, `Burstable` or `BestEffort`, of a pod object with its defaults.
    public static func `class`(of pod: Value) -> String {
        let spec = pod["spec"] ?? .emptyObject
        // What is asked for the pod as a whole counts in place of what its containers ask.
        let containers = spec.has("resources") ? [spec] : spec.list("containers") + spec.list("initContainers")
        var isGuaranteed = !containers.isEmpty
        var isBestEffort = true
        for container in containers {
            for name in ["cpu", "memory"] {
                let request = quantity(container, "requests", name)
                let limit = quantity(container, "limits", name)
                if request != nil || limit != nil { isBestEffort = false }
                if limit == nil || (request != nil && request != limit) { isGuaranteed = false }
            }
        }
        return isBestEffort ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
    }

    private static func quantity(_ container: Value, _ list: String, _ name: String) -> Quantity? {
        guard let text = container["resources"]?[list]?[name]?.string, let quantity = Quantity(text) else { return nil }
        return quantity.isZero ? nil : quantity
    }
}
