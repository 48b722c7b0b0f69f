import ClusterObjects

extension Kinds {
    static func persistentVolumeClaim(_ resource: inout Resource) {
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { claim in
            claim["status"] = ["phase": "Pending"]
            claim.edit("spec", sources)
        }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
        resource.rules.setDefaults = { claim in claim.edit("spec") { $0.fill("volumeMode", "Filesystem") } }
        resource.rules.validate = PersistentVolumeClaimRules.validate
        resource.rules.validateUpdate = PersistentVolumeClaimRules.validateUpdate
    }

    /// What a claim is filled from stands in both fields; the older one takes claims and snapshots only.
    private static func sources(_ spec: inout Value) {
        if let source = spec.part("dataSource"), !spec.has("dataSourceRef") {
            switch (source.text("apiGroup"), source.text("kind")) {
            case ("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"): spec["dataSourceRef"] = source
            default: spec["dataSource"] = nil
            }
        } else if let reference = spec.part("dataSourceRef"), !spec.has("dataSource"), reference.text("namespace").isEmpty {
            spec["dataSource"] = reference
        }
    }
}

/// What PersistentVolumeClaims must be. Source: pkg/apis/core/validation.
enum PersistentVolumeClaimRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ object: Value) -> [Problem] { ClaimRules.spec(object["spec"] ?? .emptyObject, path) }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        guard subresource.isEmpty else { return [] }
        var problems = validate(new)
        var (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        let size = ["resources", "requests", "storage"]
        let (wanted, previous) = (spec[path: size]?.quantity, before[path: size]?.quantity)
        // A volume's name and a class are set once, by whoever binds the claim or fills in the default.
        if before.text("volumeName").isEmpty { before["volumeName"] = spec["volumeName"] }
        if !before.has("storageClassName"), spec.has("storageClassName") { before["storageClassName"] = spec["storageClassName"] }
        if new[path: "status", "phase"]?.string == "Bound" { spec[path: size] = before[path: size] }
        spec["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        if spec != before {
            let diff = LineDiff.unified(GoStruct.tree(before, "ClaimSpec").lines, GoStruct.tree(spec, "ClaimSpec").lines)
            problems.append(
                .forbidden(
                    path,
                    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
                        + diff))
        }
        let capacity = old[path: "status", "capacity", "storage"]?.quantity ?? .zero
        if let wanted, let previous, wanted < previous, wanted <= capacity {
            problems.append(
                .forbidden(
                    path / "resources" / "requests" / "storage", "field can not be less than status.capacity"))
        }
        problems.immutable(new["spec"]?["volumeMode"], old["spec"]?["volumeMode"], FieldPath("volumeMode"))
        return problems
    }
}
