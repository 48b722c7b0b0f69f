import ClusterObjects

/// What StorageClasses, CSIDrivers, CSINodes and VolumeAttachments must be. Source: pkg/apis/storage/validation.
enum StorageRules {
    @Sendable static func storageClass(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let provisioner = object.text("provisioner")
        if provisioner.isEmpty {
            problems.append(.required(FieldPath("provisioner")))
        } else {
            problems.add(FieldPath("provisioner"), provisioner, NameFormats.qualifiedName(provisioner.lowercased()))
        }
        let parameters = object.map("parameters")
        if parameters.count > 512 { problems.append(.tooLong(FieldPath("parameters"), most: 512)) }
        let size = parameters.reduce(0) { $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0) }
        if size > 256 << 10 { problems.append(.tooLong(FieldPath("parameters"), most: 256 << 10)) }
        if parameters[""] != nil { problems.append(.invalid(FieldPath("parameters"), "", "field can not be empty.")) }
        problems.oneOfIfSet(object, "reclaimPolicy", ["Delete", "Retain"], FieldPath())
        problems.oneOf(object, "volumeBindingMode", ["Immediate", "WaitForFirstConsumer"], FieldPath())
        topologies(object.list("allowedTopologies"), &problems)
        return problems
    }

    private static func topologies(_ topologies: [Value], _ problems: inout [Problem]) {
        var seen: Set<Value> = []
        for (index, term) in topologies.enumerated() {
            let path = FieldPath("allowedTopologies").index(index)
            var keys: Set<String> = []
            for (place, requirement) in term.list("matchLabelExpressions").enumerated() {
                let here = (path / "matchLabelExpressions").index(place)
                let values = requirement["values"]?.strings ?? []
                if values.isEmpty { problems.append(.required(here / "values")) }
                var known: Set<String> = []
                for (offset, value) in values.enumerated() where !known.insert(value).inserted {
                    problems.append(.duplicate((here / "values").index(offset), .string(value)))
                }
                problems.qualifiedName(requirement.text("key"), here / "key")
                if !keys.insert(requirement.text("key")).inserted {
                    problems.append(.duplicate(here / "key", .string(requirement.text("key"))))
                }
            }
            if !seen.insert(term).inserted {
                problems.append(Problem(path / "matchLabelExpressions", .duplicate, "Duplicate value: \"\""))
            }
        }
    }

    @Sendable static func storageClassUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = storageClass(new)
        for key in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            problems.immutable(new[key], old[key], FieldPath(key))
        }
        return problems
    }

    @Sendable static func driver(_ object: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let name = object[path: "metadata", "name"]?.string ?? ""
        if name.utf8.count > 63 { problems.append(.tooLong(FieldPath("metadata", "name"), most: 63)) }
        for key in ["attachRequired", "podInfoOnMount", "storageCapacity"] where !spec.has(key) {
            problems.append(.required(path / key))
        }
        problems.oneOfIfSet(spec, "fsGroupPolicy", ["File", "None", "ReadWriteOnceWithFSType"], path)
        var audiences: Set<String> = []
        for (index, request) in spec.list("tokenRequests").enumerated() {
            let here = (path / "tokenRequests").index(index)
            let audience = request.text("audience")
            if !audiences.insert(audience).inserted { problems.append(.duplicate(here / "audience", .string(audience))) }
            guard let seconds = request["expirationSeconds"]?.int else { continue }
            if seconds < 600 {
                problems.append(
                    .invalid(
                        here / "expirationSeconds", Value(seconds), "may not specify a duration less than 10 minutes"))
            }
            if seconds > 1 << 32 {
                problems.append(
                    .invalid(
                        here / "expirationSeconds", Value(seconds), "may not specify a duration larger than 2^32 seconds"))
            }
        }
        for mode in spec["volumeLifecycleModes"]?.strings ?? [] where mode != "Persistent" && mode != "Ephemeral" {
            problems.append(
                .notSupported(path / "volumeLifecycleModes", .string(mode), inOrder: ["Persistent", "Ephemeral"]))
        }
        return problems
    }

    @Sendable static func driverUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        let path = FieldPath("spec")
        var problems = driver(new)
        // The field's name as Kubernetes writes it.
        problems.immutable(new["spec"]?["attachRequired"], old["spec"]?["attachRequired"], path / "attachedRequired")
        problems.immutable(
            new["spec"]?["volumeLifecycleModes"], old["spec"]?["volumeLifecycleModes"], path / "volumeLifecycleModes")
        return problems
    }

    @Sendable static func driverWarnings(_ object: Value, _ old: Value?) -> [String] {
        let spec = object["spec"] ?? .emptyObject
        guard !spec.list("tokenRequests").isEmpty, !spec.has("serviceAccountTokenInSecrets") else { return [] }
        return [
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of "
                + "tokens in volume attributes"
        ]
    }

    @Sendable static func node(_ object: Value) -> [Problem] {
        let path = FieldPath("spec", "drivers")
        var problems: [Problem] = []
        var names: Set<String> = []
        for (index, driver) in (object["spec"]?.list("drivers") ?? []).enumerated() {
            let here = path.index(index)
            let name = driver.text("name")
            CSIRules.driverName(name, here / "name", &problems)
            problems.required(driver, "nodeID", here)
            if let count = driver[path: "allocatable", "count"]?.int, count < 0 {
                problems.append(.invalid(here / "allocatable" / "count", Value(count), [Problem].negative))
            }
            if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
        }
        return problems
    }

    @Sendable static func attachment(_ object: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? .emptyObject
        var problems: [Problem] = []
        CSIRules.driverName(spec.text("attacher"), path / "attacher", &problems)
        let source = spec["source"] ?? .emptyObject
        let given = ["inlineVolumeSpec", "persistentVolumeName"].filter { source.has($0) }
        if given.isEmpty {
            problems.append(.required(path / "source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
        } else if given.count > 1 {
            problems.append(.forbidden(path / "source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
        }
        problems.name(spec, "nodeName", path)
        return problems
    }

    @Sendable static func attachmentUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = attachment(new)
        problems.immutable(new["spec"], old["spec"], FieldPath("spec")) { GoStruct.text($0, "AttachmentSpec") }
        return problems
    }

    @Sendable static func capacity(_ object: Value) -> [Problem] {
        var problems = LabelSelectorRules.validate(object["nodeTopology"], FieldPath("nodeTopology"))
        problems.name(object, "storageClassName", FieldPath())
        for key in ["capacity", "maximumVolumeSize"] {
            if let amount = object[key]?.quantity, amount.isNegative {
                problems.append(.invalid(FieldPath(key), .string(amount.description), [Problem].negative))
            }
        }
        return problems
    }

    @Sendable static func capacityUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = capacity(new)
        for key in ["nodeTopology", "storageClassName"] { problems.immutable(new[key], old[key], FieldPath(key)) }
        return problems
    }
}
