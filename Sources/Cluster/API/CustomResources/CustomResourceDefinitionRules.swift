import ClusterObjects

extension Kinds {
    /// The row of `customresourcedefinitions`.
    @Sendable static func customResourceDefinition(_ resource: inout Resource) {
        CustomResourceDefinitionRules.set(in: &resource)
    }
}

/// Defaults, initial status and validation of CustomResourceDefinitions.
/// Source: apiextensions-apiserver, pkg/apis/apiextensions/validation and pkg/registry/customresourcedefinition.
enum CustomResourceDefinitionRules {
    static func set(in resource: inout Resource) {
        resource.rules.hasStatus = true
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = setDefaults
        resource.rules.prepareForCreate = { definition in
            definition["status"] = ["acceptedNames": ["kind": "", "plural": ""], "conditions": .null]
            noteStorageVersion(&definition)
        }
        resource.rules.prepareForUpdate = { new, old, subresource in
            if subresource == "status" {
                new["spec"] = old["spec"]
                let managed = new[path: "metadata", "managedFields"]
                let version = new[path: "metadata", "resourceVersion"]
                new["metadata"] = old["metadata"]
                new["metadata", default: .emptyObject]["managedFields"] = managed
                new["metadata", default: .emptyObject]["resourceVersion"] = version
            } else {
                new["status"] = old["status"]
                noteStorageVersion(&new)
            }
        }
        resource.rules.validate = problems
        resource.rules.validateUpdate = { new, old, subresource in
            subresource == "status" ? storedVersionProblems(CustomResourceDefinition(new)) : updateProblems(new, old)
        }
        resource.rules.unenforced = Unenforced.ofDefinition
    }

    static func setDefaults(_ definition: inout Value) {
        definition["spec", default: .emptyObject].editFields { spec in
            var names = spec["names"] ?? .emptyObject
            let kind = names["kind"]?.string ?? ""
            if names["singular"]?.string?.isEmpty ?? true, !kind.isEmpty { names["singular"] = .string(kind.lowercased()) }
            if names["listKind"]?.string?.isEmpty ?? true, !kind.isEmpty { names["listKind"] = .string(kind + "List") }
            spec["names"] = names
            if spec["conversion"]?[path: "strategy"] == nil {
                var conversion = spec["conversion"] ?? .emptyObject
                conversion["strategy"] = "None"
                spec["conversion"] = conversion
            }
            if spec["preserveUnknownFields"]?.bool == false { spec["preserveUnknownFields"] = nil }
        }
    }

    private static func noteStorageVersion(_ definition: inout Value) {
        let view = CustomResourceDefinition(definition)
        guard let storage = view.versions.first(where: \.isStorage)?.name else { return }
        var stored = view.storedVersions
        if !stored.contains(storage) { stored.append(storage) }
        definition["status", default: .emptyObject]["storedVersions"] = Value(stored)
    }

    // MARK: - Validation

    @Sendable static func problems(in value: Value) -> [Problem] {
        let definition = CustomResourceDefinition(value)
        var problems: [Problem] = []
        if definition.name != "\(definition.plural).\(definition.group)" {
            problems.append(
                .invalid(FieldPath("metadata", "name"), .string(definition.name), #"must be spec.names.plural+"."+spec.group"#))
        }
        return problems + specProblems(definition) + storedVersionProblems(definition)
    }

    private static func updateProblems(_ new: Value, _ old: Value) -> [Problem] {
        let (changed, before) = (CustomResourceDefinition(new), CustomResourceDefinition(old))
        var problems = specProblems(changed)
        func immutable(_ path: String...) {
            if new[path: path] != old[path: path] {
                problems.append(.invalid(FieldPath(path.map(FieldPath.Step.field)), new[path: path] ?? "", "field is immutable"))
            }
        }
        if before.isEstablished {
            immutable("spec", "scope")
            immutable("spec", "names", "kind")
        }
        immutable("spec", "group")
        immutable("spec", "names", "plural")
        return problems + storedVersionProblems(changed)
    }

    private static func specProblems(_ definition: CustomResourceDefinition) -> [Problem] {
        let spec = FieldPath("spec")
        var problems: [Problem] = []
        if definition.group.isEmpty {
            problems.append(.required(spec / "group"))
        } else {
            let wrong = NameFormats.subdomain(definition.group)
            problems += wrong.map { .invalid(spec / "group", .string(definition.group), $0) }
            if wrong.isEmpty, !definition.group.contains(".") {
                problems.append(
                    .invalid(spec / "group", .string(definition.group), "should be a domain with at least one dot"))
            }
        }
        if definition.scope.isEmpty {
            problems.append(.required(spec / "scope"))
        } else if !["Cluster", "Namespaced"].contains(definition.scope) {
            problems.append(.notSupported(spec / "scope", .string(definition.scope), ["Cluster", "Namespaced"]))
        }
        if definition.value[path: "spec", "preserveUnknownFields"]?.bool == true {
            problems.append(
                .invalid(
                    spec / "preserveUnknownFields", true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"))
        }
        problems += versionProblems(definition)
        problems += nameProblems(definition.names)
        problems += conversionProblems(definition.value[path: "spec", "conversion"] ?? .emptyObject)
        return problems
    }

    private static func nameProblems(_ names: Value) -> [Problem] {
        let root = FieldPath("spec", "names")
        var problems: [Problem] = []
        func text(_ field: String) -> String { names[field]?.string ?? "" }
        for field in ["plural", "singular", "kind", "listKind"] where text(field).isEmpty { problems.append(.required(root / field)) }
        for field in ["plural", "singular"] where !text(field).isEmpty {
            problems += NameFormats.label1035(text(field)).map { .invalid(root / field, .string(text(field)), $0) }
        }
        for field in ["kind", "listKind"] where !text(field).isEmpty {
            problems += NameFormats.label1035(text(field).lowercased()).map {
                .invalid(root / field, .string(text(field)), "may have mixed case, but should otherwise match: \($0)")
            }
        }
        for field in ["shortNames", "categories"] {
            for (index, name) in (names[field]?.strings ?? []).enumerated() {
                problems += NameFormats.label1035(name).map { .invalid((root / field).index(index), .string(name), $0) }
            }
        }
        if !text("kind").isEmpty, text("kind") == text("listKind") {
            problems.append(.invalid(root / "listKind", .string(text("listKind")), "kind and listKind may not be the same"))
        }
        return problems
    }

    private static func versionProblems(_ definition: CustomResourceDefinition) -> [Problem] {
        let root = FieldPath("spec", "versions")
        let versions = definition.versions
        var problems: [Problem] = []
        // Versions that agree in everything are one to Kubernetes, which then names the field as its first API version did.
        let areAlike = Set(versions.map { $0.value["schema"] ?? .null }).count <= 1
        for (index, version) in versions.enumerated() {
            let path = root.index(index)
            problems += NameFormats.label1035(version.name).map { .invalid(path / "name", .string(version.name), $0) }
            guard let schema = version.openAPISchema else {
                problems.append(.required(path / "schema" / "openAPIV3Schema"))
                continue
            }
            if areAlike, index > 0 { continue }
            let place = areAlike ? FieldPath("spec", "validation", "openAPIV3Schema") : path / "schema" / "openAPIV3Schema"
            problems += StructuralSchema.problems(in: schema, at: place)
        }
        // How Go prints them.
        let shown =
            "["
            + versions.map {
                #"{"Name":\#(Value.string($0.name).jsonText),"Served":\#($0.isServed),"Storage":\#($0.isStorage),"Deprecated":\#($0.value["deprecated"]?.bool ?? false),"DeprecationWarning":\#(($0.value["deprecationWarning"] ?? .null).jsonText),"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}"#
            }.joined(separator: ",") + "]"
        if Set(versions.map(\.name)).count != versions.count {
            problems.append(Problem(root, .invalid, "Invalid value: \(shown): must contain unique version names"))
        }
        if versions.filter(\.isStorage).count != 1 {
            problems.append(
                Problem(root, .invalid, "Invalid value: \(shown): must have exactly one version marked as storage version"))
        }
        if let first = versions.first {
            problems += NameFormats.label1035(first.name).map { .invalid(FieldPath("spec", "version"), .string(first.name), $0) }
        }
        return problems
    }

    private static func conversionProblems(_ conversion: Value) -> [Problem] {
        let root = FieldPath("spec", "conversion")
        let strategy = conversion["strategy"]?.string ?? ""
        let webhook = conversion["webhook"]
        switch strategy {
        case "None":
            if webhook?["clientConfig"] != nil {
                return [.forbidden(root / "webhookClientConfig", "should not be set when strategy is not set to Webhook")]
            }
            return []
        case "Webhook":
            var problems: [Problem] = []
            if webhook?["clientConfig"] == nil {
                problems.append(.required(root / "webhookClientConfig", "required when strategy is set to Webhook"))
            }
            if webhook?["conversionReviewVersions"]?.array?.isEmpty ?? true {
                problems.append(.required(root / "conversionReviewVersions"))
            }
            return problems
        case "": return [.required(root / "strategy")]
        default: return [.notSupported(root / "strategy", .string(strategy), ["None", "Webhook"])]
        }
    }

    private static func storedVersionProblems(_ definition: CustomResourceDefinition) -> [Problem] {
        let root = FieldPath("status", "storedVersions")
        let stored = definition.storedVersions
        if stored.isEmpty { return [.invalid(root, .null, "must have at least one stored version")] }
        var problems: [Problem] = []
        let known = Set(definition.versions.map(\.name))
        for (index, name) in stored.enumerated() where !known.contains(name) {
            problems.append(
                .invalid(
                    root.index(index), .string(name),
                    "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions until a "
                        + "storage migration ensures no data remains persisted in \(name) and removes \(name) from status.storedVersions"))
        }
        if let storage = definition.storageVersion, !stored.contains(storage) {
            problems.append(.invalid(root, Value(stored), "must have the storage version \(storage)"))
        }
        return problems
    }
}
