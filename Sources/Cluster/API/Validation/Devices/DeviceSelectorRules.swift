import ClusterObjects

/// Which devices are meant: expressions over a device. Source: pkg/apis/resource/validation, k8s.io/dynamic-resource-allocation/cel.
enum DeviceSelectorRules {
    private static let (most, longest) = (32, 10 << 10)

    private static let environment: CEL.Environment = {
        var environment = CEL.Environment()
        environment.structures = [
            "kubernetes.DRADevice": .init([
                "driver": .string, "attributes": .map(.string, .map(.string, .dyn)),
                "capacity": .map(.string, .map(.string, .opaque("kubernetes.Quantity", []))), "allowMultipleAllocations": .bool,
            ])
        ]
        environment.variables = ["device": .object("kubernetes.DRADevice")]
        return environment
    }()

    /// Checks the field `selectors`.
    static func validate(_ object: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.each(object, "selectors", path, most: most) { selector, here, problems in
            guard let cel = selector.part("cel") else { return problems.append(.required(here / "cel")) }
            expression(cel.text("expression"), here / "cel" / "expression", &problems)
        }
    }

    private static func expression(_ text: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if text.utf8.count > longest { return problems.append(.tooLong(path, most: longest)) }
        do {
            let type = try CEL.Checker.check(text, in: environment).type
            guard type != .bool, type != .dyn else { return }
            problems.append(
                .invalid(path, .string(text), "must evaluate to bool or the unknown type, not \(type.valueName)"))
        } catch {
            problems.append(.invalid(path, .string(text), "compilation failed: \(error)"))
        }
    }
}
