import ClusterObjects

/// The rules of `metadata` that all kinds share. Source: k8s.io/apimachinery/pkg/api/validation.
public enum MetadataRules {
    private static let root = FieldPath("metadata")
    private static let annotationBytes = 256 << 10

    /// Every problem of a new object's metadata; its generated name has been filled in before.
    public static func validate(new: Value, resource: Resource) -> [Problem] {
        let metadata = new["metadata"] ?? .emptyObject
        var problems: [Problem] = []
        let name = metadata["name"]?.string ?? ""
        if name.isEmpty {
            problems.append(.required(root / "name", "name or generateName is required"))
        } else {
            problems += nameProblems(name, resource.rules.nameRule).map { .invalid(root / "name", .string(name), $0) }
        }
        let namespace = metadata["namespace"]?.string ?? ""
        if resource.isNamespaced {
            if namespace.isEmpty {
                problems.append(.required(root / "namespace"))
            } else {
                problems += NameFormats.label(namespace).map { .invalid(root / "namespace", .string(namespace), $0) }
            }
        } else if !namespace.isEmpty {
            problems.append(.forbidden(root / "namespace", "not allowed on this type"))
        }
        return problems + common(metadata)
    }

    /// Every problem of a changed object's metadata, those of `validate` on what may change included.
    ///
    /// As often as kube-apiserver lists them, where both the registry and the kind's own rules check metadata.
    public static func validateUpdate(new: Value, old: Value, resource: Resource) -> [Problem] {
        let (metadata, before) = (new["metadata"] ?? .emptyObject, old["metadata"] ?? .emptyObject)
        let changes = changes(metadata, before)
        let form = common(metadata)
        if changes.isEmpty, form.isEmpty { return [] }
        if resource.isCustom { return changes + form }
        return changes + form + form + changes + form + form
    }

    /// What may not change, or not so.
    private static func changes(_ metadata: Value, _ before: Value) -> [Problem] {
        var problems: [Problem] = []
        for field in ["name", "namespace", "uid", "creationTimestamp"] where metadata[field] != before[field] {
            problems.append(.invalid(root / field, metadata[field] ?? "", "field is immutable"))
        }
        if before["deletionTimestamp"] != nil {
            let known = Set(before["finalizers"]?.strings ?? [])
            let added = (metadata["finalizers"]?.strings ?? []).filter { !known.contains($0) }
            if !added.isEmpty {
                let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
                problems.append(
                    .forbidden(
                        root / "finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"))
            }
        }
        return problems
    }

    /// What is wrong with a name, in Kubernetes' words.
    public static func nameProblems(_ name: String, _ rule: NameRule) -> [String] {
        switch rule {
        case .dnsSubdomain: NameFormats.subdomain(name)
        case .dnsLabel: NameFormats.label(name)
        case .dns1035Label: NameFormats.label1035(name)
        case .pathSegment: NameFormats.pathSegment(name)
        case .ipAddress: Formats.ip(name)
        }
    }

    private static func common(_ metadata: Value) -> [Problem] {
        var problems: [Problem] = []
        for (key, value) in metadata["labels"]?.object ?? Fields() {
            problems += NameFormats.qualifiedName(key).map { .invalid(root / "labels", .string(key), $0) }
            problems += NameFormats.labelValue(value.string ?? "").map { .invalid(root / "labels", value, $0) }
        }
        var size = 0
        for (key, value) in metadata["annotations"]?.object ?? Fields() {
            problems += NameFormats.qualifiedName(key.lowercased()).map { .invalid(root / "annotations", .string(key), $0) }
            size += key.utf8.count + (value.string?.utf8.count ?? 0)
        }
        if size > annotationBytes { problems.append(.tooLong(root / "annotations", most: annotationBytes)) }
        return problems + owners(metadata) + finalizers(metadata)
    }

    private static func owners(_ metadata: Value) -> [Problem] {
        var problems: [Problem] = []
        let path = root / "ownerReferences"
        let references = metadata["ownerReferences"]?.array ?? []
        var controller: String?
        for reference in references {
            if (reference["apiVersion"]?.string ?? "").isEmpty {
                problems.append(.invalid(path / "apiVersion", "", "version must not be empty"))
            }
            let owner = (reference["apiVersion"]?.string ?? "", reference["kind"]?.string ?? "")
            if owner.1 == "Event", owner.0 == "v1" || owner.0 == "events.k8s.io/v1" {
                let version = owner.0 == "v1" ? "/v1" : owner.0
                problems.append(.invalid(path, reference, "\(version), Kind=Event is disallowed from being an owner"))
            }
            for field in ["kind", "name", "uid"] where (reference[field]?.string ?? "").isEmpty {
                problems.append(.invalid(path / field, "", "must not be empty"))
            }
            guard reference["controller"]?.bool == true else { continue }
            let this = "\(reference["kind"]?.string ?? "")/\(reference["name"]?.string ?? "")"
            if let controller {
                problems.append(
                    .invalid(
                        path, shown: GoJSON.list(references.map { GoJSON($0, order: ownerFields) }).compact,
                        "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and \(this)"))
            } else {
                controller = this
            }
        }
        return problems
    }

    /// In the order of the struct, which is how a message shows one.
    private static let ownerFields = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"]

    private static func finalizers(_ metadata: Value) -> [Problem] {
        let path = root / "finalizers"
        let standard: Set<String> = ["orphan", "foregroundDeletion", "kubernetes"]
        var problems: [Problem] = []
        let names = metadata["finalizers"]?.strings ?? []
        for name in names { problems += NameFormats.qualifiedName(name).map { .invalid(path, .string(name), $0) } }
        for (index, name) in names.enumerated() where !name.contains("/") && !standard.contains(name) {
            problems.append(
                .invalid(
                    path.index(index), .string(name), "name is neither a standard finalizer name nor is it fully qualified"))
        }
        return problems
    }
}
