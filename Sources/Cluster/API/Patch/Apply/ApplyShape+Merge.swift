import ClusterObjects

extension ApplyShape {
    /// `live` with everything that `applied` states laid over it; neither is changed where only one of them says something.
    func merge(_ live: Value?, _ applied: Value?, _ type: TypeReference) -> Value? {
        guard let applied else { return live }
        guard let live else { return applied }
        let shape = shape(type, applied)
        switch shape {
        case .scalar, .atomicList, .atomicMap: return applied
        case .map:
            let (left, right) = (live.object ?? Fields(), applied.object ?? Fields())
            if left.isEmpty, right.isEmpty { return applied }
            var result = left
            for (name, child) in right {
                result[name] = merge(left[name], child, field(name, of: type)?.type ?? .deduced)
            }
            return .object(result)
        case .set, .keyed:
            let (left, right) = (live.array ?? [], applied.array ?? [])
            if left.isEmpty, right.isEmpty { return applied }
            return .array(merge(left, right, shape, items(of: type)))
        }
    }

    /// Shared elements in the applied order, others where they stood.
    private func merge(_ live: [Value], _ applied: [Value], _ shape: Shape, _ items: TypeReference) -> [Value] {
        let left = live.compactMap { child in (try? element(shape, items, child)).map { (element: $0, value: child) } }
        let right = applied.compactMap { child in (try? element(shape, items, child)).map { (element: $0, value: child) } }
        if let result = pairwise(left, right, items) { return result }
        var liveByElement: [PathElement: Value] = [:]
        var repeated: Set<PathElement> = []
        for (element, value) in left where liveByElement.updateValue(value, forKey: element) != nil { repeated.insert(element) }
        let stated = Set(right.map(\.element))
        var shared = right.map(\.element).filter { liveByElement[$0] != nil }[...]
        var done: Set<PathElement> = []
        var result: [Value] = []
        result.reserveCapacity(left.count + right.count)
        var (l, r) = (0, 0)
        func take(_ entry: (element: PathElement, value: Value)) {
            let other = repeated.contains(entry.element) ? nil : liveByElement[entry.element]
            if let merged = merge(other, entry.value, items) { result.append(merged) }
            done.insert(entry.element)
        }
        while l < left.count || r < right.count {
            if l < left.count, r < right.count {
                let element = left[l].element
                if element == right[r].element {
                    take(right[r])
                    l += 1
                    r += 1
                    shared = shared.dropFirst()
                    continue
                }
                // Shared, but not the one whose turn it is.
                if stated.contains(element), let next = shared.first, next != element {
                    l += 1
                    continue
                }
            }
            if l < left.count {
                if !stated.contains(left[l].element) {
                    result.append(left[l].value)
                    l += 1
                    continue
                }
                if done.contains(left[l].element) { l += 1 }
            }
            if r < right.count {
                take(right[r])
                if shared.first == right[r].element { shared = shared.dropFirst() }
                r += 1
            }
        }
        return result
    }

    /// Of two short lists with the same elements in the same order, as of what is applied again; nil of others.
    private func pairwise(
        _ left: [(element: PathElement, value: Value)], _ right: [(element: PathElement, value: Value)], _ items: TypeReference
    ) -> [Value]? {
        guard left.count == right.count, left.count <= 8 else { return nil }
        for index in left.indices {
            let element = left[index].element
            guard element == right[index].element, !left[..<index].contains(where: { $0.element == element }) else { return nil }
        }
        return left.indices.compactMap { merge(left[$0].value, right[$0].value, items) }
    }

    /// `value` without the fields of a set; nil when nothing of it is left.
    ///
    /// With `leavingNull` a field of which nothing is left stays as null, so that a field set of the result still has it.
    func remove(_ set: FieldSet, from value: Value, _ type: TypeReference, leavingNull: Bool = false) -> Value? {
        remove(set.root, from: value, type, leavingNull)
    }

    private func remove(_ place: Fields, from value: Value, _ type: TypeReference, _ leavingNull: Bool) -> Value? {
        let shape = shape(type, value)
        switch (shape, value) {
        case (.scalar, _): return value
        case (.map, .object(let fields)):
            var kept: [(String, Value)] = []
            kept.reserveCapacity(fields.count)
            for (name, child) in fields {
                let (childType, _, element) = field(name, of: type) ?? (.deduced, false, .field(name))
                guard let below = place[element] else {
                    kept.append((name, child))
                    continue
                }
                if below.isMember { continue }
                if let rest = remove(below, from: child, childType, leavingNull) {
                    kept.append((name, rest))
                } else if leavingNull {
                    kept.append((name, .null))
                }
            }
            return kept.isEmpty ? nil : .object(Fields(kept))
        case (.set, .array(let elements)), (.keyed, .array(let elements)):
            let items = items(of: type)
            let kept = elements.compactMap { child -> Value? in
                guard let element = try? element(shape, items, child), let below = place[element] else { return child }
                return below.isMember ? nil : remove(below, from: child, items, leavingNull)
            }
            return kept.isEmpty ? nil : .array(kept)
        default: return nil
        }
    }
}
