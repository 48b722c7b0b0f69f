import ClusterObjects

/// A device of a ResourceSlice. Source: pkg/apis/resource/validation.
enum DeviceRules {
    private static let (mostProperties, mostTaints, mostConsumptions, mostCounters) = (32, 16, 2, 32)
    /// A domain, a slash and an identifier; a counter's name.
    private static let (longestProperty, longestCounter) = (63 + 1 + 32, 63)
    private static let longestText = 64

    /// - Parameters:
    ///   - old: the same device before.
    ///   - isPlacedAlone: every device says which nodes can reach it.
    static func validate(_ device: Value, old: Value?, isPlacedAlone: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.label(device.text("name"), path / "name")
        let properties = device.map("attributes").count + device.map("capacity").count
        if properties > mostProperties {
            problems.append(
                .invalid(path, Value(properties), "the total number of attributes and capacities must not exceed \(mostProperties)"))
        }
        problems.eachEntry(device, "attributes", path, longestKey: longestProperty, name: DeviceNames.qualified, attribute)
        let isShared = device.flag("allowMultipleAllocations")
        problems.eachEntry(device, "capacity", path, longestKey: longestProperty, name: DeviceNames.qualified) { capacity, here, problems in
            DeviceCapacityRules.validate(capacity, isShared: isShared, here, &problems)
        }
        if ![Problem].same(old?["taints"], device["taints"]) || old == nil {
            problems.each(device, "taints", path, most: mostTaints, DeviceTaintRules.taint)
        }
        problems.eachOnce(device, "consumesCounters", path, most: mostConsumptions, by: { $0.text("counterSet") }) { use, here, problems in
            counters(use, named: "counterSet", here, &problems)
        }
        placement(device, isPlacedAlone: isPlacedAlone, path, &problems)
        DeviceBindingRules.validate(device, path, &problems)
    }

    /// Counters by their names, of a set that has a name too.
    static func counters(_ set: Value, named key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if set.text(key).isEmpty { problems.append(.required(path / key)) } else { problems.label(set.text(key), path / key) }
        if set.map("counters").isEmpty { return problems.append(.required(path / "counters")) }
        problems.eachEntry(
            set, "counters", path, most: mostCounters, longestKey: longestCounter, name: { name, here, all in all.label(name, here) }
        ) { _, _, _ in }
    }

    private static func attribute(_ attribute: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        if let text = attribute.part("string")?.string, text.utf8.count > longestText {
            problems.append(.tooLong(path / "string", most: longestText))
        }
        if let version = attribute.part("version")?.string {
            if !SemanticVersion.isOne(version) {
                problems.append(
                    .invalid(path / "version", .string(version), "must be a string compatible with semver.org spec 2.0.0"))
            }
            if version.utf8.count > longestText { problems.append(.tooLong(path / "version", most: longestText)) }
        }
        let kinds = ["bool", "bools", "int", "ints", "string", "strings", "version", "versions"].filter(attribute.has)
        if kinds.count != 1 {
            problems.append(.invalid(path, kinds.isEmpty ? "" : attribute, "exactly one value must be specified"))
        }
    }

    private static func placement(_ device: Value, isPlacedAlone: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        guard isPlacedAlone else {
            if ["nodeName", "nodeSelector", "allNodes"].contains(where: device.has) {
                problems.append(
                    .invalid(
                        path, .null,
                        "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the "
                            + "ResourceSlice spec"))
            }
            return
        }
        let ways = DevicePlacement(device, emptyName: "must not be empty", path, &problems).ways
        let detail =
            "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the "
            + "ResourceSlice spec"
        if ways.isEmpty { problems.append(.required(path, detail)) }
        if ways.count > 1 {
            problems.append(.invalid(path, .string("{\(ways.joined(separator: ", "))}"), detail))
        }
    }
}

/// From which nodes devices can be reached: by a name, by labels, or from all.
struct DevicePlacement {
    /// The fields that say so.
    var ways: [String] = []

    init(_ object: Value, emptyName: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if let name = object.part("nodeName")?.string {
            if name.isEmpty {
                problems.append(.invalid(path / "nodeName", "", emptyName))
            } else {
                ways.append("`nodeName`")
                problems.subdomain(name, path / "nodeName")
            }
        }
        if let selector = object.part("nodeSelector") {
            ways.append("`nodeSelector`")
            AffinityRules.nodeSelector(selector, path / "nodeSelector", &problems)
        }
        flag("allNodes", object, path, &problems)
    }

    /// Takes in a flag that may be true or not be there.
    mutating func flag(_ key: String, _ object: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let isOn = object.part(key)?.bool else { return }
        if isOn {
            ways.append("`\(key)`")
        } else {
            problems.append(.invalid(path / key, false, "must be either unset or set to true"))
        }
    }
}
