import ClusterObjects
import Synchronization

/// What Go's zero value of a built-in type marshals to: structs within it are there, required lists are null.
///
/// A create is tracked as a change from this, which is why a new pod's creator does not manage `f:spec` itself.
enum BlankObjects {
    private static let known = Mutex<[Int: Value]>([:])

    /// The zero value of a built-in type. Kept after the first time.
    static func value(of schema: Schema) -> Value {
        guard schema.types === BuiltInSchemas.all else { return .emptyObject }
        if let value = known.withLock({ $0[schema.index] }) { return value }
        let value = blank(schema, depth: 0)
        known.withLock { $0[schema.index] = value }
        return value
    }

    /// An object with the structs that it lacks.
    static func fill(_ object: Value, _ blank: Value) -> Value {
        guard case .object(var fields) = object, case .object(let blanks) = blank else { return object }
        for (name, value) in blanks {
            guard case .object = value else { continue }
            let current = fields[name]
            let filled = current.map { fill($0, value) } ?? value
            if filled != current { fields[name] = filled }
        }
        return .object(fields)
    }

    private static func blank(_ schema: Schema, depth: Int) -> Value {
        guard depth < 16 else { return .emptyObject }
        let node = schema.node
        var pairs: [(String, Value)] = []
        for (name, property) in schema.properties {
            if let value = property.node.default {
                pairs.append((name, property.type == .object ? blank(property, depth: depth + 1) : value))
            } else if node.required.contains(name) {
                pairs.append((name, .null))
            }
        }
        return .object(Fields(pairs))
    }
}
