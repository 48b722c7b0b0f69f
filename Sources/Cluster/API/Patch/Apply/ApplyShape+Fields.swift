import ClusterObjects

extension ApplyShape {
    /// Every field that an applied configuration states.
    func fields(of value: Value, _ type: TypeReference) -> FieldSet {
        var result = FieldSet()
        let shape = shape(type, value)
        switch (shape, value) {
        case (.map, .object(let fields)):
            for (name, child) in fields {
                guard let (childType, isDeclared, element) = field(name, of: type) else { continue }
                let below = self.fields(of: child, childType)
                result.insert(
                    element, isMember: isLeaf(childType, child) || isEmptyOrNull(child) || !isDeclared, children: below)
            }
        case (.set, .array(let elements)), (.keyed, .array(let elements)):
            let items = items(of: type)
            for (element, child, isRepeated) in named(elements, shape, items) {
                result.insert(element, isMember: true, children: isRepeated ? FieldSet() : self.fields(of: child, items))
            }
        default: break
        }
        return result
    }

    /// The elements of a list that can be named, and which of them others share the name of.
    func named(_ elements: [Value], _ shape: Shape, _ items: TypeReference) -> [(PathElement, Value, isRepeated: Bool)] {
        var named: [(PathElement, Value, isRepeated: Bool)] = []
        named.reserveCapacity(elements.count)
        var places: [PathElement: Int] = [:]
        for child in elements {
            guard let element = try? element(shape, items, child) else { continue }
            // Most lists are short, and of elements that differ.
            let first = elements.count <= 8 ? named.indices.first { named[$0].0 == element } : places[element]
            if let first { named[first].isRepeated = true }
            if elements.count > 8, first == nil { places[element] = named.count }
            named.append((element, child, first != nil))
        }
        return named
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
        var result = FieldSet()
        for entry in set.entries {
            var isMember = entry.isMember
            var childType = TypeReference.deduced
            if entry.element.kind == .field {
                if let found = field(entry.element.text, of: type) {
                    childType = found.type
                    if found.isDeclared, !entry.children.isEmpty { isMember = true }
                }
            } else {
                childType = items(of: type)
            }
            result.insert(entry.element, isMember: isMember, children: completed(entry.children, childType))
        }
        return result
    }
}
