import ClusterObjects

/// What claims ask for. Source: pkg/apis/resource/validation, pkg/apis/resource/v1/defaults.go.
enum DeviceRequestRules {
    static let most = 32
    private static let mostAlternatives = 8
    private static let modes = ["All", "ExactCount"]

    // MARK: - Defaults

    /// Fills in what a claim's spec leaves open.
    static func setDefaults(_ spec: inout Value) {
        spec.edit("devices") { devices in
            devices.editEach("requests") { request in
                if request.has("exactly") { request.edit("exactly", fill) }
                request.editEach("firstAvailable", fill)
            }
        }
    }

    private static func fill(_ request: inout Value) {
        request.fill("allocationMode", "ExactCount")
        if request.text("allocationMode") == "ExactCount", request.number("count") == 0 { request["count"] = 1 }
        request.editEach("tolerations") { $0.fill("operator", "Equal") }
    }

    // MARK: - Checks

    static func validate(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let (devices, here) = (spec["devices"] ?? .emptyObject, path / "devices")
        let names = RequestNames(devices)
        problems.eachOnce(devices, "requests", here, most: most, by: { $0.text("name") }, request)
        problems.each(devices, "constraints", here, most: most) { constraint, here, problems in
            names.check(constraint, here, &problems)
            if let name = constraint.part("matchAttribute")?.string {
                DeviceNames.fullyQualified(name, here / "matchAttribute", &problems)
            } else if let name = constraint.part("distinctAttribute")?.string {
                DeviceNames.fullyQualified(name, here / "distinctAttribute", &problems)
            } else {
                problems.append(
                    .required(
                        here, #"exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set"#))
            }
        }
        problems.each(devices, "config", here, most: DeviceConfigurationRules.most) { configuration, here, problems in
            names.check(configuration, here, &problems)
            DeviceConfigurationRules.validate(configuration, here, &problems)
        }
    }

    private static func request(_ request: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.label(request.text("name"), path / "name")
        let exactly = request.part("exactly")
        switch (exactly, request.list("firstAvailable").isEmpty) {
        case (nil, true): problems.append(.required(path, "exactly one of `exactly` or `firstAvailable` is required"))
        case (_?, false):
            problems.append(
                .invalid(path, .null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"))
        case (nil, false):
            problems.eachOnce(request, "firstAvailable", path, most: mostAlternatives, by: { $0.text("name") }) { choice, here, problems in
                problems.label(choice.text("name"), here / "name")
                details(choice, here, &problems)
            }
        case (let exactly?, true): details(exactly, path / "exactly", &problems)
        }
    }

    private static func details(_ request: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.name(request, "deviceClassName", path)
        DeviceSelectorRules.validate(request, path, &problems)
        let (mode, count) = (request.text("allocationMode"), request.number("count"))
        switch mode {
        case "All":
            if count != 0 {
                problems.append(.invalid(path / "count", Value(count), "must not be specified when allocationMode is 'All'"))
            }
        case "ExactCount": if count <= 0 { problems.append(.invalid(path / "count", Value(count), [Problem].notPositive)) }
        default: problems.word(request, "allocationMode", modes, path)
        }
        problems.each(request, "tolerations", path, most: .max, DeviceTaintRules.toleration)
    }
}

/// The names of a claim's requests, which other parts of it refer to: `request` or `request/alternative`.
struct RequestNames {
    private var names: Set<String> = []

    init(_ devices: Value) {
        for request in devices.list("requests") {
            let name = request.text("name")
            names.insert(name)
            for choice in request.list("firstAvailable") { names.insert("\(name)/\(choice.text("name"))") }
        }
    }

    /// Checks the field `requests`.
    func check(_ object: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.eachOnce(object, "requests", path, most: DeviceRequestRules.most) { reference, here, problems in
            check(reference.string ?? "", here, &problems)
        }
    }

    func check(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count <= 2 { for part in parts { problems.label(String(part), path) } }
        guard parts.count > 2 || !names.contains(name) else { return }
        problems.append(
            .invalid(
                path, .string(name), "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
            ))
    }
}
