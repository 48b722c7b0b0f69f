import ClusterObjects

/// What `pods/resize` may write: the resources of containers, and how they are resized.
enum PodResize {
    static func keep(_ pod: inout Value, _ old: Value) {
        var spec = old["spec"] ?? .emptyObject
        for list in ["containers", "initContainers"] {
            let wanted = pod["spec"]?.list(list) ?? []
            spec.editEach(list) { container in
                guard let change = wanted.first(where: { $0.text("name") == container.text("name") }) else { return }
                for key in ["resources", "resizePolicy"] { container[key] = change[key] }
            }
        }
        pod["spec"] = spec
        pod["status"] = old["status"]
    }
}
