import ClusterObjects

/// How much of a device's capacity a claim may take at a time. Source: pkg/apis/resource/validation.
enum DeviceCapacityRules {
    private static let mostValues = 10

    /// - Parameter isShared: whether several claims may have the device.
    static func validate(_ capacity: Value, isShared: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let policy = capacity.part("requestPolicy") else { return }
        let here = path / "requestPolicy"
        guard isShared else { return problems.append(.forbidden(here, "allowMultipleAllocations must be true")) }
        let most = capacity["value"]?.quantity ?? .zero
        let values = policy.list("validValues")
        if !values.isEmpty, policy.has("validRange") {
            problems.append(
                .forbidden(
                    here, #"exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time"#))
        } else if !values.isEmpty {
            guard let standard = policy["default"]?.quantity else {
                return problems.append(.required(here / "default", "required when validValues is defined"))
            }
            self.values(policy, values.compactMap(\.quantity), standard, most: most, here, &problems)
        } else if let range = policy.part("validRange") {
            guard let standard = policy["default"]?.quantity else {
                return problems.append(.required(here / "default", "required when validRange is defined"))
            }
            self.range(range, standard, most: most, here / "validRange", &problems)
        }
    }

    private static func values(
        _ policy: Value, _ values: [Quantity], _ standard: Quantity, most: Quantity, _ path: FieldPath, _ problems: inout [Problem]
    ) {
        let here = path / "validValues"
        for (index, (value, next)) in zip(values, values.dropFirst()).enumerated() where value > next {
            problems.append(
                .invalid(here.index(index + 1), .string(next.description), "values must be sorted in ascending order"))
        }
        problems.eachOnce(policy, "validValues", path, most: mostValues, by: { String($0.quantity?.value ?? 0) }) { value, here, problems in
            guard let value = value.quantity, value > most else { return }
            problems.append(.invalid(here, .string(value.description), "option is larger than capacity value: \(most)"))
        }
        if values.count > mostValues || !values.contains(standard) {
            problems.append(
                .invalid(here, .string(standard.description), "default value is not valid according to the requestPolicy"))
        }
    }

    private static func range(_ range: Value, _ standard: Quantity, most: Quantity, _ path: FieldPath, _ problems: inout [Problem]) {
        func say(_ key: String, _ value: Quantity, _ detail: String) {
            problems.append(.invalid(path / key, .string(value.description), detail))
        }
        guard let low = range["min"]?.quantity else {
            return problems.append(.required(path / "min", "required when validRange is defined"))
        }
        if low > most { say("min", low, "min is larger than capacity value: \(most)") }
        if standard < low { say("min", standard, "default is less than min: \(low)") }
        let high = range.part("max")?.quantity
        if let high {
            if low > high { say("max", low, "min is larger than max: \(high)") }
            if high > most { say("max", high, "max is larger than capacity value: \(most)") }
            if standard > high { say("max", standard, "default is more than max: \(high)") }
        }
        guard let step = range.part("step")?.quantity else { return }
        if low + step > most { say("step", step, "one step \(low + step) is larger than capacity value: \(most)") }
        // Wide enough for the distance of any two.
        let isMultiple = { (value: Quantity) in
            step.value > 0 && (Int128(value.value) - Int128(low.value)).isMultiple(of: Int128(step.value))
        }
        for value in [standard, high].compactMap(\.self) where !isMultiple(value) {
            say("step", value, "value is not a multiple of a given step (\(step)) from (\(low))")
        }
    }
}
