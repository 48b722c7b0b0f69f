import ClusterObjects

extension StrategicMerge {
    /// Handles each `$setElementOrder/x` together with the patch of `x`, and takes both from the patch.
    static func orderLists(_ original: inout Fields, _ patch: inout Fields, _ schema: Schema) throws(APIError) {
        for name in patch.keys where name.hasPrefix(elementOrder) {
            guard let directive = patch.removeValue(forKey: name) else { continue }
            guard case .array(let order) = directive else { throw wrongType([], directive) }
            let key = String(name.dropFirst(elementOrder.count))
            if key.isEmpty { throw .badRequest("invalid patch format of setElementOrder list") }
            let rule = Rule(schema, key)
            let current = try list(original[key])
            let changes = try list(patch[key])
            if let changes { try check(changes, follow: order, key: rule.mergeKey) }
            patch.removeValue(forKey: key)
            let result: [Value]
            if let current, let changes {
                result = rule.merges ? try merged(current, changes, rule) : changes
            } else if let changes {
                result = added(.array(changes)).array ?? []
            } else if let current {
                result = current
            } else {
                continue
            }
            original[key] = .array(try ordered(result, by: order, server: current ?? [], key: rule.mergeKey))
        }
    }

    private static func list(_ value: Value?) throws(APIError) -> [Value]? {
        guard let value, !value.isNull else { return nil }
        guard case .array(let elements) = value else { throw wrongType([], value) }
        return elements
    }

    /// Merges a list whose strategy is `merge`: scalars as a set, maps by their merge key.
    static func merged(_ original: [Value], _ patch: [Value], _ rule: Rule) throws(APIError) -> [Value] {
        guard let sample = original.first ?? patch.first else { return original }
        guard case .object = sample else {
            var seen: Set<Value> = []
            let result = (original + patch).filter { seen.insert($0).inserted }
            return try ordered(result, by: patch, server: original, key: "")
        }
        let key = rule.mergeKey
        let items = rule.schema.items ?? .any
        if key.isEmpty { throw .plain("cannot merge lists without merge key for \(items.node.typeName)") }
        var result = original
        var changes: [Value] = []
        var replaces = false
        for element in patch {
            guard case .object(let fields) = element else { throw wrongType(.emptyObject, element) }
            guard let directive = fields["$patch"] else {
                changes.append(element)
                continue
            }
            switch directive.string {
            case "delete":
                guard let value = fields[key] else { throw noMergeKey(element, key) }
                result.removeAll { $0[key] == value }
            case "replace": replaces = true
            case "merge": throw .plain("merging lists cannot yet be specified in the patch")
            default: throw unknownDirective(directive, fields)
            }
        }
        if replaces { result = [] }
        var places: [Value: Int] = [:]
        for (index, element) in result.enumerated() {
            guard let value = element[key] else { throw noMergeKey(element, key) }
            if places[value] == nil { places[value] = index }
        }
        for change in changes {
            guard case .object(let fields) = change, let value = fields[key] else { throw noMergeKey(change, key) }
            if let place = places[value] {
                result[place] = .object(try merged(result[place].object ?? Fields(), fields, items))
            } else {
                places[value] = result.count
                result.append(added(change))
            }
        }
        return try ordered(result, by: changes, server: replaces ? [] : original, key: key)
    }

    /// Puts a merged list in order: what `order` names in that order, the rest in the server's, both woven so that a server element
    /// stays before a named one that it stood before.
    private static func ordered(_ merged: [Value], by order: [Value], server: [Value], key: String) throws(APIError) -> [Value] {
        func identity(_ value: Value) throws(APIError) -> Value {
            if key.isEmpty { return value }
            guard let found = value[key] else { throw noMergeKey(value, key) }
            return found
        }
        func ranks(_ list: [Value]) throws(APIError) -> [Value: Int] {
            var result: [Value: Int] = [:]
            for (index, value) in list.enumerated() {
                let name = try identity(value)
                if result[name] == nil { result[name] = index }
            }
            return result
        }
        let wanted = try ranks(order)
        let served = try ranks(server)
        var named: [(value: Value, rank: Int, served: Int?)] = []
        var rest: [(value: Value, rank: Int, served: Int?)] = []
        for value in merged {
            let name = try identity(value)
            let place = served[name]
            if let rank = wanted[name] { named.append((value, rank, place)) } else { rest.append((value, place ?? .max, place)) }
        }
        // Stable sorts.
        named = named.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
        rest = rest.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
        var result: [Value] = []
        result.reserveCapacity(merged.count)
        var (left, right) = (rest[...], named[...])
        while let named = right.first {
            if let first = left.first, let mine = first.served, let theirs = named.served, mine < theirs {
                result.append(first.value)
                left.removeFirst()
            } else {
                result.append(named.value)
                right.removeFirst()
            }
        }
        return result + left.map(\.value)
    }

    /// The elements of a patch must be in the order that its `$setElementOrder` gives.
    private static func check(_ patch: [Value], follow order: [Value], key: String) throws(APIError) {
        if patch.isEmpty || order.isEmpty { return }
        let kept = key.isEmpty ? patch : patch.filter { $0["$patch"]?.string != "delete" }
        var next = 0
        for wanted in order where next < kept.count {
            if key.isEmpty {
                if kept[next] == wanted { next += 1 }
            } else {
                guard let name = kept[next][key] else { throw noMergeKey(kept[next], key) }
                guard let other = wanted[key] else { throw noMergeKey(wanted, key) }
                if name == other { next += 1 }
            }
        }
        if next < kept.count {
            throw .plain(
                "The order in patch list:\n\(Value.array(patch).goText)\n doesn't match $setElementOrder list:\n\(Value.array(order).goText)\n"
            )
        }
    }
}
