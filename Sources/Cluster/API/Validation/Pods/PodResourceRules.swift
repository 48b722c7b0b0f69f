import ClusterObjects

/// What is asked for a pod as a whole, and how that goes with what its containers ask.
enum PodResourceRules {
    static func validate(_ spec: Value, _ path: FieldPath, claims: Set<String>, _ problems: inout [Problem]) {
        guard let resources = spec.part("resources") else { return }
        let here = path / "resources"
        if spec["os"]?.text("name") == "windows" {
            return problems.append(.forbidden(here, "may not be set for a windows pod"))
        }
        if resources.has("claims") {
            problems.append(.forbidden(here / "claims", "claims may not be set for Resources at pod-level"))
        }
        ResourceListRules.requirements(resources, here, claims: claims, ofPod: true, &problems)
        consistency(spec, resources, here, &problems)
    }

    private static func consistency(_ spec: Value, _ resources: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let tree = spec.tree
        func atLeast(_ list: String, _ word: String, _ names: (String) -> Bool) {
            for (name, sum) in PodResources.ofContainers(list, tree).sorted(by: { $0.key < $1.key }) where names(name) {
                guard let amount = resources.map(list)[name]?.quantity, sum > amount else { continue }
                problems.append(
                    .invalid(
                        (path / list).key(name), .string(amount.description),
                        "must be greater than or equal to aggregate container \(word) of \(sum)"))
            }
        }
        atLeast("requests", "requests") { _ in true }
        atLeast("limits", "limits", ResourceListRules.isHuge)
        for (index, container) in spec.list("containers").enumerated() {
            for (name, value) in container["resources"]?.map("limits") ?? Fields() {
                guard let limit = value.quantity, let most = resources.map("limits")[name]?.quantity, limit > most else { continue }
                problems.append(
                    .invalid(
                        (path / "containers").index(index).key(name) / "limits", .string(limit.description),
                        "must be less than or equal to pod limits of \(most)"))
            }
        }
    }
}
