import ClusterObjects

/// What `pods/resize` may write: the resources of a pod and of its containers, and how they are resized.
/// Source: pkg/registry/core/pod/strategy.go, dropNonResizeUpdates.
enum PodResize {
    static func keep(_ pod: inout Value, _ old: Value) {
        let (wanted, before) = (pod["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        let lists = ["containers", "initContainers"]
        // Containers that came or went are left for validation to refuse.
        guard lists.allSatisfy({ wanted.list($0).count == before.list($0).count }) else { return }
        var spec = before
        spec["resources"] = wanted["resources"]
        for list in lists where !before.list(list).isEmpty {
            spec[list] = .array(containers(wanted.list(list), before.list(list)))
        }
        pod["spec"] = spec
        pod["status"] = old["status"]
    }

    private static func containers(_ wanted: [Value], _ before: [Value]) -> [Value] {
        let pairs = Array(zip(wanted, before))
        // So are ones that changed their names or places.
        guard pairs.allSatisfy({ $0.text("name") == $1.text("name") }) else { return wanted }
        return pairs.map { change, container in
            var container = container
            for key in ["resources", "resizePolicy"] { container[key] = change[key] }
            return container
        }
    }
}
