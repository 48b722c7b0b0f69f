import ClusterObjects

extension Kinds {
    /// Where the scale of a kind is found in its objects.
    static func scale(_ resource: inout Resource, selector: String) {
        guard let index = resource.subresources.firstIndex(where: { $0.name == "scale" }) else { return }
        resource.subresources[index].specReplicasPath = "spec.replicas"
        resource.subresources[index].statusReplicasPath = "status.replicas"
        resource.subresources[index].labelSelectorPath = selector
    }
}
