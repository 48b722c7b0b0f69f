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
            case "status": break
            default: new["status"] = old["status"]
            }
        }
        resource.rules.validate = CertificateRules.validate
        resource.rules.validateUpdate = CertificateRules.validateUpdate
    }
}
