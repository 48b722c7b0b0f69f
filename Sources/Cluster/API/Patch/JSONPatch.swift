import ClusterObjects

/// JSON patch (RFC 6902) as github.com/evanphx/json-patch applies it within kube-apiserver: `replace` adds an absent key of an
/// object, negative indices count from the end of an array, and whatever fails is answered with the same words.
public enum JSONPatch {
    /// More operations than this are refused.
    public static let mostOperations = 10_000
    /// `copy` may add this many values in all, so that a small patch cannot grow an object without bound.
    static let mostCopied = 1_000_000

    /// The object after all operations. Throws BadRequest for what is no patch, RequestEntityTooLarge for too many operations, and
    /// 422 when an operation fails.
    public static func apply(_ patch: Value, to object: Value) throws(APIError) -> Value {
        guard case .array(let operations) = patch else {
            throw .badRequest("json: cannot unmarshal \(patch.jsonTypeName) into Go value of type jsonpatch.Patch")
        }
        if operations.count > mostOperations {
            throw APIError(
                code: 413, reason: "RequestEntityTooLarge",
                message:
                    "Request entity too large: The allowed maximum operations in a JSON patch is \(mostOperations), got \(operations.count)"
            )
        }
        for operation in operations where operation.object == nil {
            throw .badRequest("json: cannot unmarshal \(operation.jsonTypeName) into Go value of type jsonpatch.Operation")
        }
        var object = object
        var copied = 0
        for operation in operations {
            guard apply(operation, to: &object, copied: &copied) else { throw .unprocessablePatch }
        }
        return object
    }

    /// Does one operation; false when it fails, which leaves the document in any state.
    private static func apply(_ operation: Value, to document: inout Value, copied: inout Int) -> Bool {
        guard let path = operation["path"]?.string.flatMap(pointer) else { return false }
        switch operation["op"]?.string {
        case "add":
            guard let value = operation["value"] else { return false }
            return edit(&document, path[...], .add(value))
        case "replace":
            guard let value = operation["value"] else { return false }
            if path.isEmpty {
                document = value
                return true
            }
            return edit(&document, path[...], .replace(value))
        case "remove":
            return edit(&document, path[...], .remove)
        case "move":
            guard let from = operation["from"]?.string.flatMap(pointer), let value = find(document, from[...]) else { return false }
            return edit(&document, from[...], .remove) && edit(&document, path[...], .add(value))
        case "copy":
            guard let from = operation["from"]?.string.flatMap(pointer), let value = find(document, from[...]) else { return false }
            copied += size(value, within: mostCopied)
            return copied <= mostCopied && edit(&document, path[...], .add(value))
        case "test":
            return find(document, path[...]) ?? .null == operation["value"] ?? .null
        default:
            return false
        }
    }

    private enum Change {
        case add(Value)
        case replace(Value)
        case remove
    }

    /// The steps of a JSON pointer (RFC 6901); nil unless empty or starting with a slash.
    private static func pointer(_ text: String) -> [String]? {
        if text.isEmpty { return [] }
        guard text.hasPrefix("/") else { return nil }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { step in
            String(step).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    private static func find(_ value: Value, _ path: ArraySlice<String>) -> Value? {
        guard let step = path.first else { return value }
        switch value {
        case .object(let fields): return fields[step].flatMap { find($0, path.dropFirst()) }
        case .array(let elements): return index(step, elements.count).flatMap { find(elements[$0], path.dropFirst()) }
        default: return nil
        }
    }

    /// Makes the change at a path of at least one step; false when there is no such place.
    private static func edit(_ value: inout Value, _ path: ArraySlice<String>, _ change: Change) -> Bool {
        guard let step = path.first else { return false }
        let rest = path.dropFirst()
        switch value {
        case .object:
            return value.editFields { fields in
                if rest.isEmpty { return edit(&fields, step, change) }
                guard var child = fields[step] else { return false }
                // Taken out, so that it is edited in place.
                fields[step] = .null
                let done = edit(&child, rest, change)
                fields[step] = child
                return done
            }
        case .array:
            return value.editElements { elements in
                if rest.isEmpty { return edit(&elements, step, change) }
                guard let position = index(step, elements.count) else { return false }
                return edit(&elements[position], rest, change)
            }
        default:
            return false
        }
    }

    private static func edit(_ fields: inout Fields, _ key: String, _ change: Change) -> Bool {
        switch change {
        case .add(let value), .replace(let value):
            fields[key] = value
            return true
        case .remove:
            return fields.removeValue(forKey: key) != nil
        }
    }

    private static func edit(_ elements: inout [Value], _ step: String, _ change: Change) -> Bool {
        switch change {
        case .add(let value):
            if step == "-" {
                elements.append(value)
                return true
            }
            guard let position = index(step, elements.count + 1) else { return false }
            elements.insert(value, at: position)
        case .replace(let value):
            guard let position = index(step, elements.count) else { return false }
            elements[position] = value
        case .remove:
            guard let position = index(step, elements.count) else { return false }
            elements.remove(at: position)
        }
        return true
    }

    /// A place among `count`; negative ones count from the end.
    private static func index(_ step: String, _ count: Int) -> Int? {
        guard let number = Int(step) else { return nil }
        let position = number < 0 ? number + count : number
        return 0..<count ~= position ? position : nil
    }

    /// How many values a value consists of, counted up to a bound.
    private static func size(_ value: Value, within bound: Int) -> Int {
        var total = 1
        switch value {
        case .array(let elements):
            for element in elements where total <= bound { total += size(element, within: bound) }
        case .object(let fields):
            for (_, field) in fields where total <= bound { total += size(field, within: bound) }
        default: break
        }
        return total
    }
}
