import ClusterObjects

/// Which half of an object an endpoint may write.
enum StatusOwnership {
    /// The object's own endpoint keeps the old status; `status` keeps the old spec.
    static func keep(_ new: inout Value, _ old: Value, _ subresource: String) {
        switch subresource {
        case "": new["status"] = old["status"]
        case "status": new["spec"] = old["spec"]
        default: break
        }
    }

    /// Rules of a kind whose status starts empty.
    static func rules(_ resource: inout Resource, generation: Bool) {
        resource.rules.hasStatus = true
        resource.rules.hasGeneration = generation
        resource.rules.prepareForCreate = { $0["status"] = .emptyObject }
        resource.rules.prepareForUpdate = { keep(&$0, $1, $2) }
    }
}
