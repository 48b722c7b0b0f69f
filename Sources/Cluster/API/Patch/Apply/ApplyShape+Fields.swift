import ClusterObjects

extension ApplyShape {
    /// Every field that an applied configuration states.
    func fields(of value: Value, _ type: TypeReference) -> FieldSet {
        var result = FieldSet()
        let shape = shape(type, value)
        switch (shape, value) {
        case (.map, .object(let fields)):
            for (name, child) in fields {
                guard let (childType, isDeclared) = field(name, of: type) else { continue }
                let below = self.fields(of: child, childType)
                result.insert(
                    .field(name), isMember: isLeaf(childType, child) || isEmptyOrNull(child) || !isDeclared, children: below)
            }
        case (.set, .array(let elements)), (.keyed, .array(let elements)):
            let items = items(of: type)
            var count: [PathElement: Int] = [:]
            let named = elements.compactMap { child in (try? element(shape, items, child)).map { ($0, child) } }
            for (element, _) in named { count[element, default: 0] += 1 }
            for (element, child) in named {
                let isRepeated = count[element] ?? 1 > 1
                result.insert(element, isMember: true, children: isRepeated ? FieldSet() : self.fields(of: child, items))
            }
        default: break
        }
        return result
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
