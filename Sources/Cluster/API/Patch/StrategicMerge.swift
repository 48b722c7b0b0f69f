import ClusterObjects

/// Strategic merge patch (k8s.io/apimachinery/pkg/util/strategicpatch): a merge patch in which lists of a schema merge by key, and
/// directives (`$patch`, `$retainKeys`, `$setElementOrder/x`, `$deleteFromPrimitiveList/x`) say the rest.
public enum StrategicMerge {
    /// The object after the patch. Throws what a kube-apiserver answers: 400 for a patch of no sense, 422 for one that contradicts
    /// itself, 500 (as there) for an unknown directive or a missing merge key.
    public static func apply(_ patch: Value, to object: Value, schema: Schema) throws(APIError) -> Value {
        switch patch {
        case .object(let fields): return .object(try merged(object.object ?? Fields(), fields, schema))
        case .null: return object
        default:
            throw .badRequest(
                "error decoding patch: json: cannot unmarshal \(patch.jsonTypeName) into Go value of type map[string]interface {}")
        }
    }

    static let deleteFromList = "$deleteFromPrimitiveList/"
    static let elementOrder = "$setElementOrder/"

    /// What the schema says of a field: its own schema, and how lists and structs in it merge.
    struct Rule {
        var schema = Schema.any
        var merges = false
        var replaces = false
        var mergeKey = ""

        init(_ owner: Schema, _ field: String) {
            guard let schema = owner.property(field) else { return }
            self.schema = schema
            let node = schema.node
            merges = node.patchStrategies.contains("merge")
            replaces = node.patchStrategies.contains("replace")
            mergeKey = node.patchMergeKey
        }
    }

    static func merged(_ original: Fields, _ patch: Fields, _ schema: Schema) throws(APIError) -> Fields {
        var (original, patch) = (original, patch)
        if let directive = patch["$patch"] {
            switch directive.string {
            case "replace":
                patch.removeValue(forKey: "$patch")
                return patch
            case "delete": return Fields()
            default: throw unknownDirective(directive, patch)
            }
        }
        try retainKeys(&original, &patch)
        try orderLists(&original, &patch, schema)
        for (name, change) in patch {
            let isDeleteList = name.hasPrefix(deleteFromList)
            let key = isDeleteList ? String(name.dropFirst(deleteFromList.count)) : name
            if isDeleteList, key.isEmpty { throw .badRequest("invalid patch format of primitive list") }
            if change.isNull {
                original.removeValue(forKey: key)
                continue
            }
            guard let current = original[key] else {
                if !isDeleteList { original[key] = added(change) }
                continue
            }
            switch (current, change) {
            case (.object(let fields), .object(let changes)):
                let rule = Rule(schema, key)
                original[key] = .object(rule.replaces ? changes : try merged(fields, changes, rule.schema))
            case (.array(let elements), .array(let changes)):
                let rule = Rule(schema, key)
                if isDeleteList {
                    let removed = Set(changes)
                    original[key] = .array(elements.filter { !removed.contains($0) })
                } else if rule.merges {
                    original[key] = .array(try merged(elements, changes, rule))
                } else {
                    original[key] = added(change)
                }
            default:
                if !isDeleteList { original[key] = added(change) }
            }
        }
        return original
    }

    /// `$retainKeys` names the only fields that stay.
    private static func retainKeys(_ original: inout Fields, _ patch: inout Fields) throws(APIError) {
        guard let directive = patch.removeValue(forKey: "$retainKeys") else { return }
        guard let kept = directive.strings.map({ Set($0) }) else { throw .badRequest("invalid patch format of retainKeys") }
        for (key, value) in patch where !value.isNull && !key.hasPrefix("$") && !kept.contains(key) { throw .unprocessablePatch }
        for key in original.keys where !kept.contains(key) { original.removeValue(forKey: key) }
    }

    /// A value that the original lacks: taken without nulls and directives.
    static func added(_ value: Value) -> Value {
        switch value {
        case .object(let fields):
            if fields["$patch"]?.string == "delete" { return .emptyObject }
            return .object(
                Fields(fields.lazy.filter { !$0.value.isNull && !$0.key.hasPrefix("$") }.map { ($0.key, added($0.value)) }))
        case .array(let elements):
            return .array(elements.filter { $0["$patch"] == nil }.map(added))
        default: return value
        }
    }

    // MARK: - Errors

    static func unknownDirective(_ directive: Value, _ map: Fields) -> APIError {
        .plain("unknown patch type: \(directive.goText) in map: \(Value.object(map).goText)")
    }

    static func noMergeKey(_ map: Value, _ key: String) -> APIError {
        .plain("map: \(map.goText) does not contain declared merge key: \(key)")
    }

    static func wrongType(_ wanted: Value, _ got: Value) -> APIError {
        .plain("expected a \(wanted.goTypeName), but received a \(got.goTypeName)")
    }
}
