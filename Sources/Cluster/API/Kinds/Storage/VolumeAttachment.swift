import ClusterObjects

extension Kinds {
    static func volumeAttachment(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.prepareForCreate = { $0["status"] = ["attached": false] }
        resource.rules.validate = VolumeAttachmentRules.validate
        resource.rules.validateUpdate = VolumeAttachmentRules.validateUpdate
    }
}

/// What VolumeAttachments must be. Source: pkg/apis/storage/validation.
enum VolumeAttachmentRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
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

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = validate(new)
        problems.immutable(new["spec"], old["spec"], FieldPath("spec")) { GoStruct.text($0, "AttachmentSpec") }
        return problems
    }
}
