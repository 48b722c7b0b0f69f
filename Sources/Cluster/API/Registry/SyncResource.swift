extension Resource {
    /// `syncs` of `skiff.dev/v1`: a git source that the reconciler follows, with its status. Its fields are free-form.
    public static let syncs: Resource = {
        let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        var resource = Resource(
            group: "skiff.dev", version: "v1", kind: "Sync", plural: "syncs", singular: "sync", isNamespaced: false, verbs: verbs,
            schema: .any,
            columns: [
                TableColumn(name: "Name", type: "string", format: "name", jsonPath: ".metadata.name"),
                TableColumn(name: "Revision", type: "string", jsonPath: ".status.lastAppliedRevision"),
                TableColumn(name: "Ready", type: "string", jsonPath: #".status.conditions[?(@.type=="Ready")].status"#),
                TableColumn(name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp"),
            ])
        resource.subresources = [Subresource(name: "status", gvk: resource.gvk, verbs: ["get", "patch", "update"])]
        resource.rules.hasStatus = true
        resource.rules.hasGeneration = true
        return resource
    }()
}

extension Registry {
    /// Every built-in kind, and `syncs` where a reconciler runs (discovery then lists the group `skiff.dev`).
    public static func builtIn(withSync: Bool) -> Registry { Registry(Resource.builtIn + (withSync ? [.syncs] : [])) }
}
