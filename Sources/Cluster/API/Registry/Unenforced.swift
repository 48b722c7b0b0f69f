import ClusterObjects

/// Something that an object asks for and this server does not do yet. What that is stands here and nowhere else: a kind whose objects can
/// ask for it has one of these functions as its ``ResourceRules/unenforced``.
public struct Unenforced: Sendable, Hashable {
    /// As it is named to people.
    public enum Feature: String, Sendable, Hashable {
        case customRules = "CEL validation rules"
        case conversionWebhooks = "conversion webhooks"
        case admissionPolicies = "admission policies"
        case admissionWebhooks = "admission webhooks"
        case otherServers = "APIServices that name a service"
    }

    public var feature: Feature
    /// Where the object asks for it.
    public var field: FieldPath

    var problem: Problem {
        .forbidden(
            field, "\(feature.rawValue) are not enforced by this server yet, and refused unless it runs with `skiff up --allow-unenforced`")
    }

    // MARK: - Kinds

    /// A CustomResourceDefinition with rules, or whose versions are converted by a webhook.
    @Sendable static func ofDefinition(_ definition: Value) -> [Unenforced] {
        var found: [Unenforced] = []
        let path = FieldPath("spec", "versions")
        for (index, version) in CustomResourceDefinition(definition).versions.enumerated() {
            guard let schema = version.openAPISchema else { continue }
            addRules(in: schema, path.index(index) / "schema" / "openAPIV3Schema", 0, to: &found)
        }
        if definition[path: "spec", "conversion", "strategy"]?.string == "Webhook" {
            found.append(Unenforced(feature: .conversionWebhooks, field: FieldPath("spec", "conversion", "strategy")))
        }
        return found
    }

    /// Rules stand where the structure of a schema does: a structural schema has none below `allOf` and its like.
    private static func addRules(in schema: Value, _ path: FieldPath, _ level: Int, to found: inout [Unenforced]) {
        guard schema.object != nil, level < StructuralSchema.mostLevels else { return }
        let rules = "x-kubernetes-validations"
        if !schema.list(rules).isEmpty { found.append(Unenforced(feature: .customRules, field: path / rules)) }
        for (name, property) in schema.map("properties") {
            addRules(in: property, (path / "properties").key(name), level + 1, to: &found)
        }
        for key in ["items", "additionalProperties"] {
            if let part = schema.part(key) { addRules(in: part, path / key, level + 1, to: &found) }
        }
    }

    /// A configuration of webhooks; one without any, as charts and operators make them to be filled in later, asks for nothing.
    @Sendable static func ofWebhooks(_ configuration: Value) -> [Unenforced] {
        configuration.list("webhooks").indices.map { Unenforced(feature: .admissionWebhooks, field: FieldPath("webhooks").index($0)) }
    }

    @Sendable static func ofPolicy(_ policy: Value) -> [Unenforced] {
        [Unenforced(feature: .admissionPolicies, field: FieldPath("spec"))]
    }

    @Sendable static func ofBinding(_ binding: Value) -> [Unenforced] {
        [Unenforced(feature: .admissionPolicies, field: FieldPath("spec", "policyName"))]
    }

    /// An APIService whose group another server would answer.
    @Sendable static func ofService(_ service: Value) -> [Unenforced] {
        guard service["spec"]?.part("service") != nil else { return [] }
        return [Unenforced(feature: .otherServers, field: FieldPath("spec", "service"))]
    }
}

extension Resource {
    /// Why a new or changed object is not taken where nothing unenforced is. One that asks for nothing else than before may change: it is
    /// known already, and must be possible to label and to delete.
    /// - Parameter old: nil for a new one.
    public func unenforcedProblems(_ new: Value, old: Value?) -> [Problem] {
        guard let asked = rules.unenforced?(new), !asked.isEmpty else { return [] }
        if let old, Resource.content(new) == Resource.content(old) { return [] }
        return asked.map(\.problem)
    }

    /// A line that names what of an object is not enforced: `ValidatingWebhookConfiguration/guard: admission webhooks`. Nil for nothing.
    public func unenforcedLine(_ object: Value) -> String? {
        var features: [String] = []
        for asked in rules.unenforced?(object) ?? [] where !features.contains(asked.feature.rawValue) {
            features.append(asked.feature.rawValue)
        }
        if features.isEmpty { return nil }
        return "\(kind)/\(object[path: "metadata", "name"]?.string ?? ""): \(features.joined(separator: ", "))"
    }

    /// All of an object that its owner writes.
    private static func content(_ object: Value) -> Value {
        var content = object
        for key in ["apiVersion", "kind", "metadata", "status"] { content[key] = nil }
        return content
    }
}

extension Registry {
    /// The kinds whose objects can ask for what is not enforced.
    public var kindsWithUnenforced: [Resource] { all.filter { $0.rules.unenforced != nil } }
}
