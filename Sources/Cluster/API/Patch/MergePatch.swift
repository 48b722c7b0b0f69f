import ClusterObjects

/// JSON merge patch (RFC 7386) as github.com/evanphx/json-patch applies it: null removes, objects merge, the rest replaces; nulls
/// within what is added are left out.
public enum MergePatch {
    /// The object after the patch. Throws BadRequest when the patch is no object.
    public static func apply(_ patch: Value, to object: Value) throws(APIError) -> Value {
        switch patch {
        case .object: return merged(object, patch)
        case .null: throw .badRequest("Invalid JSON Patch")
        default:
            throw .badRequest(
                "error decoding patch: json: cannot unmarshal \(patch.jsonTypeName) into Go value of type map[string]interface {}")
        }
    }

    private static func merged(_ target: Value, _ patch: Value) -> Value {
        guard case .object(let changes) = patch, case .object(var fields) = target else { return withoutNulls(patch) }
        for (key, change) in changes {
            if change.isNull {
                fields.removeValue(forKey: key)
            } else if let current = fields[key] {
                fields[key] = merged(current, change)
            } else {
                fields[key] = withoutNulls(change)
            }
        }
        return .object(fields)
    }

    private static func withoutNulls(_ value: Value) -> Value {
        switch value {
        case .object(let fields):
            .object(Fields(fields.lazy.filter { !$0.value.isNull }.map { ($0.key, withoutNulls($0.value)) }))
        case .array(let elements): .array(elements.map(withoutNulls))
        default: value
        }
    }
}
