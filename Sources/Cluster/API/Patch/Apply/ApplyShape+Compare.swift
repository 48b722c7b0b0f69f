import ClusterObjects

/// Which fields differ between two objects.
struct Comparison {
    var added = FieldSet()
    var removed = FieldSet()
    var modified = FieldSet()

    var isEmpty: Bool { added.isEmpty && removed.isEmpty && modified.isEmpty }

    fileprivate enum Own { case none, added, removed, modified }

    fileprivate mutating func insert(_ element: PathElement, _ own: Own, _ below: Comparison) {
        added.insert(element, isMember: own == .added, children: below.added)
        removed.insert(element, isMember: own == .removed, children: below.removed)
        modified.insert(element, isMember: own == .modified, children: below.modified)
    }

    /// Without fields that do not count and what lies below them.
    func removing(_ ignored: FieldSet) -> Comparison {
        Comparison(added: added.removing(ignored), removed: removed.removing(ignored), modified: modified.removing(ignored))
    }
}

extension ApplyShape {
    /// What changed from `old` to `new`, both objects of a type.
    func compare(_ old: Value, _ new: Value, _ type: TypeReference) -> Comparison {
        var result = Comparison()
        _ = compare(old, new, type, &result)
        return result
    }

    /// Compares two values, at least one present, and puts what differs below them into `below`.
    private func compare(_ old: Value?, _ new: Value?, _ type: TypeReference, _ below: inout Comparison) -> Comparison.Own {
        guard let old else {
            if let new { below.added = everything(in: new, type) }
            return .added
        }
        guard let new else {
            below.removed = everything(in: old, type)
            return .removed
        }
        var own = Comparison.Own.none
        let newShape = shape(type, new)
        if !newShape.isSameKind(as: shape(type, old)) {
            // An untyped place that held a list and now holds a map: what was goes, what is comes.
            below.removed = everything(in: old, type)
            below.added = everything(in: new, type)
            own = .modified
        } else if visit(old, new, type, newShape, &below), old != new {
            own = .modified
        }
        return own
    }

    /// Every place below a value: what a write that makes it adds.
    private func everything(in value: Value, _ type: TypeReference) -> FieldSet {
        let shape = shape(type, value)
        switch (shape, value) {
        case (.map, .object(let fields)):
            // Elements ascend as the names do.
            return FieldSet(
                ascending: fields.entries.map { field in
                    let (childType, element) = place(of: field.key, in: type)
                    return FieldSet.Entry(element: element, isMember: true, children: everything(in: field.value, childType))
                })
        case (.set, .array(let elements)), (.keyed, .array(let elements)):
            var result = FieldSet(capacity: elements.count)
            let items = items(of: type)
            for (element, child, isRepeated) in named(elements, shape, items) {
                result.insert(element, isMember: true, children: isRepeated ? FieldSet() : everything(in: child, items))
            }
            return result
        default: return FieldSet()
        }
    }

    /// The type of a field, untyped where the schema has none, and its name in a set.
    private func place(of name: String, in type: TypeReference) -> (TypeReference, PathElement) {
        field(name, of: type).map { ($0.type, $0.element) } ?? (.deduced, .field(name))
    }

    /// Goes below a value; true when it is a leaf.
    private func visit(_ old: Value, _ new: Value, _ type: TypeReference, _ shape: Shape, _ below: inout Comparison) -> Bool {
        switch shape {
        case .scalar, .atomicList, .atomicMap: return true
        case .map:
            let (left, right) = (old.object ?? Fields(), new.object ?? Fields())
            if left.isEmpty, right.isEmpty { return true }
            compare(left, right, type, &below)
        case .set, .keyed:
            let (left, right) = (old.array ?? [], new.array ?? [])
            if left.isEmpty, right.isEmpty { return true }
            compare(left, right, type, shape, &below)
        }
        return false
    }

    private func compare(_ left: Fields, _ right: Fields, _ type: TypeReference, _ below: inout Comparison) {
        let (left, right) = (left.entries, right.entries)
        var (l, r) = (0, 0)
        func visit(_ name: String, _ old: Value?, _ new: Value?) {
            // What is as it was is most of an update.
            if let old, let new, old == new { return }
            let (childType, element) = place(of: name, in: type)
            var inner = Comparison()
            let own = compare(old, new, childType, &inner)
            below.insert(element, own, inner)
        }
        while l < left.count || r < right.count {
            if r == right.count || (l < left.count && Fields.precedes(left[l].key, right[r].key)) {
                visit(left[l].key, left[l].value, nil)
                l += 1
            } else if l == left.count || Fields.precedes(right[r].key, left[l].key) {
                visit(right[r].key, nil, right[r].value)
                r += 1
            } else {
                visit(left[l].key, left[l].value, right[r].value)
                l += 1
                r += 1
            }
        }
    }

    private func compare(_ left: [Value], _ right: [Value], _ type: TypeReference, _ shape: Shape, _ below: inout Comparison) {
        let items = items(of: type)
        var order: [PathElement] = []
        var found: [PathElement: (old: [Value], new: [Value])] = [:]
        for (list, isNew) in [(left, false), (right, true)] {
            for child in list {
                guard let element = try? element(shape, items, child) else { continue }
                if found[element] == nil { order.append(element) }
                if isNew {
                    found[element, default: ([], [])].new.append(child)
                } else {
                    found[element, default: ([], [])].old.append(child)
                }
            }
        }
        for element in order {
            guard let (old, new) = found[element] else { continue }
            var inner = Comparison()
            if old.count <= 1, new.count <= 1 {
                let own = compare(old.first, new.first, items, &inner)
                below.insert(element, own, inner)
            } else if old.count >= 2, new.count >= 2 {
                // Repeated elements count as one piece.
                below.insert(element, old == new ? .none : .modified, inner)
            } else if old.count >= 2 {
                if let only = new.first { _ = compare(nil, only, items, &inner) }
                below.insert(element, .removed, inner)
            } else {
                if let only = old.first { _ = compare(only, nil, items, &inner) }
                below.insert(element, .added, inner)
            }
        }
    }
}

extension ApplyShape.Shape {
    fileprivate func isSameKind(as other: ApplyShape.Shape) -> Bool {
        switch (self, other) {
        case (.scalar, .scalar), (.atomicList, .atomicList), (.set, .set), (.keyed, .keyed), (.atomicMap, .atomicMap), (.map, .map): true
        default: false
        }
    }
}
