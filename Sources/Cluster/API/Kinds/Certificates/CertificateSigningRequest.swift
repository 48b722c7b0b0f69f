import ClusterObjects

extension Kinds {
    static func certificateRequest(_ resource: inout Resource) {
        resource.selectableFields = ["spec.signerName"]
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { $0["status"] = .emptyObject }
        resource.rules.prepareForUpdate = { new, old, subresource in
            new["spec"] = old["spec"]
            switch subresource {
            case "approval": new[path: "status", "certificate"] = old[path: "status", "certificate"]
            case "status": for type in ["Approved", "Denied"] { keepConditions(type, &new, old) }
            default: new["status"] = old["status"]
            }
        }
        resource.rules.validate = CertificateRules.validate
        resource.rules.validateUpdate = CertificateRules.validateUpdate
    }

    /// What was decided stays as it was said, unless it is said more or less often, which is refused.
    private static func keepConditions(_ type: String, _ new: inout Value, _ old: Value) {
        var kept = (old["status"]?.list("conditions") ?? []).filter { $0.text("type") == type }[...]
        let conditions = new["status"]?.list("conditions") ?? []
        guard !kept.isEmpty, conditions.count(where: { $0.text("type") == type }) == kept.count else { return }
        new[path: "status", "conditions"] = .array(conditions.map { $0.text("type") == type ? kept.popFirst() ?? $0 : $0 })
    }
}
