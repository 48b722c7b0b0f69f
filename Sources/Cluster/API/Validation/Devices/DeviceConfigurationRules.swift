import ClusterObjects

/// What a driver is told about devices, of which only the driver knows the meaning. Source: pkg/apis/resource/validation.
enum DeviceConfigurationRules {
    static let most = 32
    static let longest = 10 << 10

    static func validate(_ configuration: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let here = path / "opaque"
        guard let opaque = configuration.part("opaque") else { return problems.append(.required(here)) }
        CSIRules.driverName(opaque.text("driver"), here / "driver", &problems)
        object(opaque["parameters"], here / "parameters", &problems)
    }

    /// Any object, which may not be too long.
    static func object(_ value: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let value, !value.isNull else { return problems.append(.required(path)) }
        if value.json.count > longest {
            problems.append(.tooLong(path, most: longest))
        } else if value.object == nil {
            problems.append(.invalid(path, "<value omitted>", "must be a valid JSON object"))
        }
    }
}
