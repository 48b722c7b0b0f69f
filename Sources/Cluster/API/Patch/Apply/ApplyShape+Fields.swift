import ClusterObjects

extension ApplyShape {
    /// Every field that an applied configuration states.
    func fields(of value: Value, _ type: TypeReference) -> FieldSet { FieldSet(below: fields(of: value, type, isMember: false)) }

    private func fields(of value: Value, _ type: TypeReference, isMember: Bool) -> Fields? {
        let shape = shape(type, value)
        switch (shape, value) {
        case (.map, .object(let fields)):
            var builder = FieldPlaceBuilder(isMember: isMember, capacity: fields.count)
            for field in fields.entries {
                guard let (childType, isDeclared, element) = self.field(field.key, of: type) else { continue }
                let isMember = !isDeclared || isLeaf(childType, field.value) || isEmptyOrNull(field.value)
                builder.add(element, self.fields(of: field.value, childType, isMember: isMember))
            }
            return builder.place(isAscending: true)
        case (.set, .array(let elements)), (.keyed, .array(let elements)):
            var builder = FieldPlaceBuilder(isMember: isMember, capacity: elements.count)
            let items = items(of: type)
            for group in groups([], elements, shape, items) {
                builder.add(
                    group.element,
                    group.moreNew.isEmpty ? group.new.flatMap { self.fields(of: $0, items, isMember: true) } : Fields())
            }
            return builder.place(isAscending: false)
        default: return isMember ? Fields() : nil
        }
    }

    private func isLeaf(_ type: TypeReference, _ value: Value) -> Bool {
        switch shape(type, value) {
        case .scalar, .atomicList, .atomicMap: true
        case .set, .keyed, .map: false
        }
    }

    private func isEmptyOrNull(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .object(let fields): fields.isEmpty
        default: false
        }
    }

    /// Makes declared fields that have children members too, so that removing takes them away whole.
    func completed(_ set: FieldSet, _ type: TypeReference) -> FieldSet {
        FieldSet(below: completed(set.root, type, isMember: false))
    }

    private func completed(_ place: Fields, _ type: TypeReference, isMember: Bool) -> Fields? {
        var builder = FieldPlaceBuilder(isMember: isMember, capacity: place.count)
        for (key, child) in place.children {
            let element = PathElement(encoded: key)
            var isMember = child.isMember
            var childType = TypeReference.deduced
            if element.kind == .field {
                if let found = field(element.text, of: type) {
                    childType = found.type
                    if found.isDeclared, child.hasChildren { isMember = true }
                }
            } else {
                childType = items(of: type)
            }
            builder.add(element, completed(child, childType, isMember: isMember))
        }
        return builder.place(isAscending: true)
    }
}
