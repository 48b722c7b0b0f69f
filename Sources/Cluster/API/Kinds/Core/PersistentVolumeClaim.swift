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

    private static let betaClass = "volume.beta.kubernetes.io/storage-class"

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return status(new["status"] ?? .emptyObject) }
        guard subresource.isEmpty else { return [] }
        var problems = validate(new)
        var (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        let size = ["resources", "requests", "storage"]
        let (wanted, previous) = (spec[path: size]?.quantity, before[path: size]?.quantity)
        // A volume's name is set once, by whoever binds the claim.
        if before.text("volumeName").isEmpty { before["volumeName"] = spec["volumeName"] }
        storageClass(new, old, &spec, &problems)
        if new[path: "status", "phase"]?.string == "Bound" {
            spec[path: size] = before[path: size]
            spec["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        }
        if !PodChange.isSame(spec, before) {
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
        attributesClass(new, old, &problems)
        return problems
    }

    /// A class may be filled in where there was none, or in place of the annotation that it used to be.
    private static func storageClass(_ new: Value, _ old: Value, _ spec: inout Value, _ problems: inout [Problem]) {
        let wanted = new["spec"]?["storageClassName"]?.string
        let isNew = wanted != nil && old["spec"]?["storageClassName"]?.string == nil
        let (after, before) = (
            new[path: "metadata", "annotations", betaClass]?.string, old[path: "metadata", "annotations", betaClass]?.string
        )
        let isUpgrade = isNew && before != nil && wanted == before && (after == nil || after == before)
        if !isUpgrade, (after ?? "") != (before ?? "") {
            problems.append(.invalid(FieldPath("metadata", "annotations", betaClass), .string(after ?? ""), [Problem].immutable))
        }
        if isNew, before == nil || wanted == before { spec["storageClassName"] = nil }
    }

    /// Attributes that a volume has got it does not lose.
    private static func attributesClass(_ new: Value, _ old: Value, _ problems: inout [Problem]) {
        let key = "volumeAttributesClassName"
        let (wanted, before) = (new["spec"]?[key]?.string, old["spec"]?[key]?.string)
        guard wanted != before, old["status"]?.has("currentVolumeAttributesClassName") ?? false, wanted ?? "" == "" else { return }
        let what = wanted == nil ? "nil" : "empty string"
        problems.append(
            .forbidden(path / key, "update to \(what) is forbidden when status.currentVolumeAttributesClassName is not nil"))
    }

    private static func status(_ status: Value) -> [Problem] {
        var problems: [Problem] = []
        for (list, here) in [
            ("capacity", FieldPath("status", "capacity")), ("allocatedResources", FieldPath("status", "allocatedResources")),
        ] {
            for (name, value) in status.map(list) {
                guard let amount = value.quantity, amount.isNegative else { continue }
                problems.append(.invalid(here.key(name), Value(amount.value), "must be a valid resource quantity"))
            }
        }
        return problems
    }
}
