import ClusterObjects

extension Kinds {
    /// Addresses that are taken, each by the object that it names. Source: pkg/apis/networking/validation.
    static func ipAddress(_ resource: inout Resource) {
        resource.rules.nameRule = .ipAddress
        resource.rules.hasGeneration = true
        resource.rules.validate = { address in
            let path = FieldPath("spec", "parentRef")
            guard let parent = address["spec"]?.part("parentRef") else { return [.required(path)] }
            var problems: [Problem] = []
            if !parent.text("group").isEmpty { problems.subdomain(parent.text("group"), path / "group") }
            for key in ["resource", "name"] { problems.pathSegment(parent, key, path) }
            problems.pathSegment(parent, "namespace", path, optional: true)
            return problems
        }
        resource.rules.validateUpdate = { new, old, _ in
            var problems: [Problem] = []
            problems.immutable(
                new[path: "spec", "parentRef"], old[path: "spec", "parentRef"], FieldPath("spec", "parentRef"),
                shown: { GoStruct.text($0, "ParentReference") })
            return problems
        }
    }
}
