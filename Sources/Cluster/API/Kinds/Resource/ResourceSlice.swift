import ClusterObjects

extension Kinds {
    static func resourceSlice(_ resource: inout Resource) {
        resource.selectableFields = ["spec.driver", "spec.nodeName"]
        resource.rules.hasGeneration = true
        resource.rules.validate = { ResourceSliceRules.validate($0, old: nil) }
        resource.rules.validateUpdate = { new, old, _ in ResourceSliceRules.validate(new, old: old) }
    }
}

/// What ResourceSlices must be. Source: pkg/apis/resource/validation.
enum ResourceSliceRules {
    private static let path = FieldPath("spec")
    /// Devices, those of a slice where some are tainted or share counters, and sets of counters.
    private static let (most, mostElaborate, mostSets) = (128, 64, 8)

    static func validate(_ slice: Value, old: Value?) -> [Problem] {
        let (spec, before) = (slice["spec"] ?? .emptyObject, old?["spec"])
        var problems: [Problem] = []
        CSIRules.driverName(spec.text("driver"), path / "driver", &problems)
        pool(spec["pool"] ?? .emptyObject, path / "pool", &problems)
        if let before {
            problems.immutable(spec[path: "pool", "name"], before[path: "pool", "name"], path / "pool" / "name")
            for key in ["driver", "nodeName"] { problems.immutable(spec[key], before[key], path / key) }
        }
        placement(spec, &problems)
        if spec.has("sharedCounters"), spec.has("devices") {
            problems.append(.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed"))
        }
        let isElaborate = spec.list("devices").contains { !$0.list("taints").isEmpty || !$0.list("consumesCounters").isEmpty }
        let known = Dictionary((before?.list("devices") ?? []).map { ($0.text("name"), $0) }) { first, _ in first }
        let isPlacedAlone = spec.flag("perDeviceNodeSelection")
        problems.eachOnce(
            spec, "devices", path, most: isElaborate ? mostElaborate : most, by: { $0.text("name") }
        ) { device, here, problems in
            DeviceRules.validate(device, old: known[device.text("name")], isPlacedAlone: isPlacedAlone, here, &problems)
        }
        problems.eachOnce(spec, "sharedCounters", path, most: mostSets, by: { $0.text("name") }) { set, here, problems in
            DeviceRules.counters(set, named: "name", here, &problems)
        }
        return problems
    }

    private static func pool(_ pool: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        DeviceNames.pool(pool.text("name"), path / "name", &problems)
        let count = pool.number("resourceSliceCount")
        if count <= 0 { problems.append(.invalid(path / "resourceSliceCount", Value(count), [Problem].notPositive)) }
        let generation = pool.number("generation")
        if generation < 0 {
            problems.append(.invalid(path / "generation", Value(generation), "must be greater than or equal to zero"))
        }
    }

    private static func placement(_ spec: Value, _ problems: inout [Problem]) {
        var placement = DevicePlacement(spec, emptyName: "must be either unset or set to a non-empty string", path, &problems)
        if let terms = spec.part("nodeSelector")?.list("nodeSelectorTerms"), terms.count != 1 {
            problems.append(
                .invalid(path / "nodeSelector" / "nodeSelectorTerms", .array(terms), "must have exactly one node selector term"))
        }
        placement.flag("perDeviceNodeSelection", spec, path, &problems)
        let detail = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        if placement.ways.isEmpty { problems.append(.required(path, detail)) }
        if placement.ways.count > 1 {
            problems.append(
                .invalid(
                    path, .string("{\(placement.ways.joined(separator: ", "))}"), detail + ", but multiple fields are set"))
        }
    }
}
