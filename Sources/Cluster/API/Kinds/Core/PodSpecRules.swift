import ClusterObjects

/// What is wrong with a pod spec's containers as a whole: none, without a name or image, or two of one name.
enum PodSpecRules {
    static func validate(_ spec: Value?, at path: FieldPath) -> [Problem] {
        let containers = spec?["containers"]?.array ?? []
        if containers.isEmpty { return [.required(path / "containers")] }
        var problems: [Problem] = []
        var names: Set<String> = []
        for (index, container) in containers.enumerated() {
            let here = (path / "containers").index(index)
            let name = container["name"]?.string ?? ""
            if name.isEmpty {
                problems.append(.required(here / "name"))
            } else if !names.insert(name).inserted {
                problems.append(.duplicate(here / "name", .string(name)))
            }
            if (container["image"]?.string ?? "").isEmpty { problems.append(.required(here / "image")) }
        }
        return problems
    }
}
