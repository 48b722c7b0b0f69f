import ClusterObjects

/// The conditions that a device must have, or must not, before a pod is bound. Source: pkg/apis/resource/validation.
enum DeviceBindingRules {
    private static let most = 4

    static func validate(_ device: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let keys = ["bindingConditions", "bindingFailureConditions"]
        for key in keys {
            problems.each(device, key, path, most: most) { name, here, problems in problems.qualifiedName(name.string ?? "", here) }
        }
        let (wanted, unwanted) = (device[keys[0]]?.strings ?? [], device[keys[1]]?.strings ?? [])
        var seen = SeenKeys(capacity: wanted.count)
        for (index, condition) in wanted.enumerated() where seen.isRepeated(condition) {
            problems.append(.duplicate((path / keys[0]).index(index), .string(condition)))
        }
        seen = SeenKeys(capacity: unwanted.count)
        for (index, condition) in unwanted.enumerated() {
            let here = (path / keys[1]).index(index)
            if seen.isRepeated(condition) { problems.append(.duplicate(here, .string(condition))) }
            if wanted.contains(condition) {
                problems.append(
                    .invalid(here, .string(condition), "bindingFailureConditions must not overlap with bindingConditions"))
            }
        }
        if wanted.isEmpty, !unwanted.isEmpty {
            problems.append(
                .invalid(path / keys[0], device[keys[0]] ?? .null, "bindingConditions are required to use bindingFailureConditions"))
        }
        if unwanted.isEmpty, !wanted.isEmpty {
            problems.append(
                .invalid(
                    path / keys[1], device[keys[1]] ?? .null, "bindingFailureConditions are required to use bindingConditions"))
        }
    }
}
