import ClusterObjects

/// A cell of a custom resource's own column.
enum CustomCell {
    /// What a column of a type shows of the value found; null for nothing or a value of another type.
    static func value(_ found: Tree?, _ type: String, _ now: Timestamp) -> Value {
        guard let found, !found.isNull else { return .null }
        switch type {
        case "integer": return found.double.flatMap { Int64(exactly: $0.rounded(.towardZero)) }.map(Value.int) ?? .null
        case "number": return found.double == nil ? .null : found.value
        case "boolean": return found.bool.map(Value.bool) ?? .null
        case "string": return .string(found.string ?? String(decoding: found.bytes, as: UTF8.self))
        case "date":
            guard let text = found.string else { return .null }
            return .string(Timestamp(text) == nil ? "<invalid>" : HumanDuration.age(found, now: now))
        default: return .null
        }
    }
}
