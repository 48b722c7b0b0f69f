import ClusterObjects

/// Rows of volumes, claims and their classes.
enum StorageRows {
    static func volume(_ object: Tree, _ now: Timestamp) -> [Value] {
        let (spec, status) = (object["spec"] ?? Value.emptyObject.tree, object["status"] ?? Value.emptyObject.tree)
        let claim = spec["claimRef"].map { "\($0.text("namespace"))/\($0.text("name"))" } ?? ""
        return [
            .string(spec["capacity"]?.text("storage", or: "0") ?? "0"), .string(CellTexts.accessModes(spec["accessModes"])),
            .string(spec.text("persistentVolumeReclaimPolicy")), .string(phase(object)), .string(claim),
            .string(storageClass(of: object)), .string(spec.text("volumeAttributesClassName", or: CellTexts.unset)),
            .string(status.text("reason")), TableRows.age(object, now), .string(spec.text("volumeMode", or: CellTexts.unset)),
        ]
    }

    static func claim(_ object: Tree, _ now: Timestamp) -> [Value] {
        let (spec, status) = (object["spec"] ?? Value.emptyObject.tree, object["status"] ?? Value.emptyObject.tree)
        let isBound = !spec.text("volumeName").isEmpty
        return [
            .string(phase(object)), .string(spec.text("volumeName")),
            .string(isBound ? status["capacity"]?.text("storage", or: "0") ?? "0" : ""),
            .string(isBound ? CellTexts.accessModes(status["accessModes"]) : ""), .string(storageClass(of: object)),
            .string(spec.text("volumeAttributesClassName", or: CellTexts.unset)), TableRows.age(object, now),
            .string(spec.text("volumeMode", or: CellTexts.unset)),
        ]
    }

    private static func phase(_ object: Tree) -> String {
        object[path: "metadata", "deletionTimestamp"] == nil ? object["status"]?.text("phase") ?? "" : "Terminating"
    }

    /// By the old annotation or the field.
    private static func storageClass(of object: Tree) -> String {
        object[path: "metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]?.string
            ?? object[path: "spec", "storageClassName"]?.string ?? ""
    }

    static func storageClass(_ object: Tree, _ now: Timestamp) -> [Value] {
        let annotations = object[path: "metadata", "annotations"]
        let isDefault = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"].contains {
            annotations?[$0]?.string == "true"
        }
        return [
            .string(TableRows.name(object) + (isDefault ? " (default)" : "")), .string(object.text("provisioner")),
            .string(object.text("reclaimPolicy", or: "Delete")), .string(object.text("volumeBindingMode", or: "Immediate")),
            .bool(object["allowVolumeExpansion"]?.bool ?? false), TableRows.age(object, now),
        ]
    }

    static func volumeAttributesClass(_ object: Tree, _ now: Timestamp) -> [Value] {
        let mark = object[path: "metadata", "annotations", "volumeattributesclass.alpha.kubernetes.io/is-default-class"]?.string
        return [
            .string(TableRows.name(object) + (mark == "true" ? " (default)" : "")), .string(object.text("driverName")),
            TableRows.age(object, now),
        ]
    }

    static func driver(_ object: Tree, _ now: Timestamp) -> [Value] {
        let spec = object["spec"] ?? Value.emptyObject.tree
        let audiences = spec.elements("tokenRequests").map { $0.text("audience") }
        let modes = spec["volumeLifecycleModes"]?.strings ?? []
        return [
            .bool(spec["attachRequired"]?.bool ?? true), .bool(spec["podInfoOnMount"]?.bool ?? false),
            .bool(spec["storageCapacity"]?.bool ?? false), .string(audiences.isEmpty ? CellTexts.unset : audiences.joined(separator: ",")),
            .bool(spec["requiresRepublish"]?.bool ?? false), .string(modes.isEmpty ? CellTexts.none : modes.joined(separator: ",")),
            TableRows.age(object, now),
        ]
    }

    static func attachment(_ object: Tree, _ now: Timestamp) -> [Value] {
        let spec = object["spec"] ?? Value.emptyObject.tree
        return [
            .string(spec.text("attacher")), .string(spec["source"]?.text("persistentVolumeName") ?? ""),
            .string(spec.text("nodeName")), .bool(object[path: "status", "attached"]?.bool ?? false), TableRows.age(object, now),
        ]
    }
}
