import ClusterObjects

extension Kinds {
    static func namespace(_ resource: inout Resource) {
        resource.selectableFields = ["status.phase"]
        resource.rules.nameRule = .dnsLabel
        resource.rules.hasStatus = true
        resource.rules.validate = NamespaceRules.validate
        resource.rules.validateUpdate = NamespaceRules.validateUpdate
        resource.rules.setDefaults = { namespace in
            // Admission policies and selectors rely on this label.
            guard let name = namespace[path: "metadata", "name"]?.string, !name.isEmpty else { return }
            namespace[path: "metadata", "labels", "kubernetes.io/metadata.name"] = .string(name)
        }
        resource.rules.prepareForCreate = { namespace in
            namespace["status"] = ["phase": "Active"]
            var finalizers = namespace[path: "spec", "finalizers"]?.strings ?? []
            if !finalizers.contains("kubernetes") { finalizers.append("kubernetes") }
            namespace[path: "spec", "finalizers"] = Value(finalizers)
        }
        resource.rules.prepareForUpdate = { new, old, subresource in
            if subresource != "finalize" { new["spec"] = old["spec"] }
            if subresource != "status" { new["status"] = old["status"] }
        }
    }
}

/// What Namespaces must be.
enum NamespaceRules {
    private static let finalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]

    @Sendable static func validate(_ namespace: Value) -> [Problem] {
        checked(namespace) { FieldPath("spec", "finalizers") }
    }

    private static func checked(_ namespace: Value, indexed: Bool = false, _ path: () -> FieldPath) -> [Problem] {
        var problems: [Problem] = []
        for (index, name) in (namespace[path: "spec", "finalizers"]?.strings ?? []).enumerated() {
            let here = indexed ? path().index(index) : path()
            problems.qualifiedName(name, here)
            if !name.contains("/"), !finalizers.contains(name) {
                problems.append(
                    .invalid(here, .string(name), "name is neither a standard finalizer name nor is it fully qualified"))
            }
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        switch subresource {
        case "finalize": return checked(new, indexed: true) { FieldPath("spec", "finalizers") }
        case "status":
            let isGoing = new["metadata"]?.has("deletionTimestamp") ?? false
            let (wanted, state) = isGoing ? ("Terminating", "is not empty") : ("Active", "is empty")
            guard new[path: "status", "phase"]?.string != wanted else { return [] }
            return [
                .invalid(
                    FieldPath("status", "Phase"), new[path: "status", "phase"] ?? "",
                    "may only be '\(wanted)' if `deletionTimestamp` \(state)")
            ]
        default: return []
        }
    }
}
