import ClusterObjects

extension Kinds {
    static func csiDriver(_ resource: inout Resource) {
        resource.rules.setDefaults = { driver in
            driver.edit("spec") { spec in
                spec.fill("attachRequired", true)
                for key in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] { spec.fill(key, false) }
                spec.fill("fsGroupPolicy", "ReadWriteOnceWithFSType")
                if spec.list("volumeLifecycleModes").isEmpty { spec["volumeLifecycleModes"] = ["Persistent"] }
            }
        }
        // Kubernetes counts this kind's changes, but not its making.
        resource.rules.prepareForUpdate = { new, old, _ in
            let keys = ["requiresRepublish", "tokenRequests", "seLinuxMount", "podInfoOnMount", "storageCapacity", "fsGroupPolicy"]
            if keys.contains(where: { new["spec"]?[$0] != old["spec"]?[$0] }) {
                new[path: "metadata", "generation"] = Value((old[path: "metadata", "generation"]?.int ?? 0) + 1)
            }
        }
        resource.rules.validate = CSIDriverRules.validate
        resource.rules.validateUpdate = CSIDriverRules.validateUpdate
        resource.rules.warnings = CSIDriverRules.warnings
    }
}

/// What CSIDrivers must be. Source: pkg/apis/storage/validation.
enum CSIDriverRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
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
            problems.tokenDuration(seconds, here / "expirationSeconds")
        }
        for mode in spec["volumeLifecycleModes"]?.strings ?? [] where mode != "Persistent" && mode != "Ephemeral" {
            problems.append(
                .notSupported(path / "volumeLifecycleModes", .string(mode), inOrder: ["Persistent", "Ephemeral"]))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        let path = FieldPath("spec")
        var problems = validate(new)
        // The field's name as Kubernetes writes it.
        problems.immutable(new["spec"]?["attachRequired"], old["spec"]?["attachRequired"], path / "attachedRequired")
        problems.immutable(
            new["spec"]?["volumeLifecycleModes"], old["spec"]?["volumeLifecycleModes"], path / "volumeLifecycleModes")
        return problems
    }

    @Sendable static func warnings(_ object: Value, _ old: Value?) -> [String] {
        let spec = object["spec"] ?? .emptyObject
        guard !spec.list("tokenRequests").isEmpty, !spec.has("serviceAccountTokenInSecrets") else { return [] }
        return [
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of "
                + "tokens in volume attributes"
        ]
    }
}
