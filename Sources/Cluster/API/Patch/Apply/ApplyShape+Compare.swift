import ClusterObjects

/// Which fields differ between two objects.
struct Comparison {
    var added = FieldSet()
    var removed = FieldSet()
    var modified = FieldSet()

    var isEmpty: Bool { added.isEmpty && removed.isEmpty && modified.isEmpty }

    /// Without fields that do not count and what lies below them.
    func removing(_ ignored: FieldSet) -> Comparison {
        Comparison(added: added.removing(ignored), removed: removed.removing(ignored), modified: modified.removing(ignored))
    }
}

/// What differs at a place and below, nil for nothing: places as a ``FieldSet`` has them.
private struct Difference {
    var added: Fields?
    var removed: Fields?
    var modified: Fields?
}

/// Gathers what differs below a place.
private struct Differences {
    var added = FieldPlaceBuilder(isMember: false)
    var removed = FieldPlaceBuilder(isMember: false)
    var modified = FieldPlaceBuilder(isMember: false)

    mutating func add(_ element: PathElement, _ difference: Difference) {
        added.add(element, difference.added)
        removed.add(element, difference.removed)
        modified.add(element, difference.modified)
    }

    func all(isAscending: Bool) -> Difference {
        Difference(
            added: added.place(isAscending: isAscending), removed: removed.place(isAscending: isAscending),
            modified: modified.place(isAscending: isAscending))
    }
}

extension ApplyShape {
    /// What changed from `old` to `new`, both objects of a type.
    func compare(_ old: Value, _ new: Value, _ type: TypeReference) -> Comparison {
        let found = difference(old, new, type)
        return Comparison(
            added: FieldSet(below: found.added), removed: FieldSet(below: found.removed), modified: FieldSet(below: found.modified))
    }

    private func difference(_ old: Value, _ new: Value, _ type: TypeReference) -> Difference {
        let newShape = shape(type, new)
        guard newShape.isSameKind(as: shape(type, old)) else {
            // An untyped place that held a list and now holds a map: what was goes, what is comes.
            return Difference(added: below(new, type), removed: below(old, type), modified: Fields())
        }
        switch newShape {
        case .scalar, .atomicList, .atomicMap: break
        case .map:
            let (left, right) = (old.object ?? Fields(), new.object ?? Fields())
            if !left.isEmpty || !right.isEmpty { return difference(left, right, type) }
        case .set, .keyed:
            let (left, right) = (old.array ?? [], new.array ?? [])
            if !left.isEmpty || !right.isEmpty { return difference(left, right, type, newShape) }
        }
        return Difference(modified: old == new ? nil : Fields())
    }

    /// Every place below a value and the value itself: what a write that makes it adds.
    private func everything(in value: Value, _ type: TypeReference) -> Fields {
        let shape = shape(type, value)
        switch (shape, value) {
        case (.map, .object(let fields)):
            var builder = FieldPlaceBuilder(isMember: true, capacity: fields.count)
            for field in fields.entries {
                let (childType, element) = place(of: field.key, in: type)
                builder.add(element, everything(in: field.value, childType))
            }
            // Elements ascend as the names do.
            return builder.place(isAscending: true) ?? Fields()
        case (.set, .array(let elements)), (.keyed, .array(let elements)):
            var builder = FieldPlaceBuilder(isMember: true, capacity: elements.count)
            let items = items(of: type)
            for group in groups([], elements, shape, items) {
                builder.add(group.element, group.moreNew.isEmpty ? group.new.map { everything(in: $0, items) } : Fields())
            }
            return builder.place(isAscending: false) ?? Fields()
        default: return Fields()
        }
    }

    /// Every place below a value; nil when there is none.
    private func below(_ value: Value, _ type: TypeReference) -> Fields? {
        let all = everything(in: value, type)
        return all.hasChildren ? all.withoutMembership : nil
    }

    /// The type of a field, untyped where the schema has none, and its name in a set.
    private func place(of name: String, in type: TypeReference) -> (TypeReference, PathElement) {
        field(name, of: type).map { ($0.type, $0.element) } ?? (.deduced, .field(name))
    }

    private func difference(_ left: Fields, _ right: Fields, _ type: TypeReference) -> Difference {
        let (left, right) = (left.entries, right.entries)
        var differences = Differences()
        var (l, r) = (0, 0)
        while l < left.count || r < right.count {
            let order = l == left.count ? 1 : r == right.count ? -1 : Fields.order(left[l].key, right[r].key)
            if order < 0 {
                let (childType, element) = place(of: left[l].key, in: type)
                differences.removed.add(element, everything(in: left[l].value, childType))
                l += 1
            } else if order > 0 {
                let (childType, element) = place(of: right[r].key, in: type)
                differences.added.add(element, everything(in: right[r].value, childType))
                r += 1
            } else {
                // What is as it was is most of an update.
                if left[l].value != right[r].value {
                    let (childType, element) = place(of: right[r].key, in: type)
                    differences.add(element, difference(left[l].value, right[r].value, childType))
                }
                l += 1
                r += 1
            }
        }
        return differences.all(isAscending: true)
    }

    private func difference(_ left: [Value], _ right: [Value], _ type: TypeReference, _ shape: Shape) -> Difference {
        let items = items(of: type)
        var differences = Differences()
        for group in groups(left, right, shape, items) {
            var found = Difference()
            switch (group.moreOld.isEmpty, group.moreNew.isEmpty) {
            case (true, true):
                if let old = group.old, let new = group.new {
                    if old != new { found = difference(old, new, items) }
                } else {
                    found = Difference(
                        added: group.new.map { everything(in: $0, items) }, removed: group.old.map { everything(in: $0, items) })
                }
            // Repeated elements count as one piece.
            case (false, false): found.modified = group.old == group.new && group.moreOld == group.moreNew ? nil : Fields()
            case (false, true): found = Difference(added: group.new.flatMap { below($0, items) }, removed: Fields())
            case (true, false): found = Difference(added: Fields(), removed: group.old.flatMap { below($0, items) })
            }
            differences.add(group.element, found)
        }
        return differences.all(isAscending: false)
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
