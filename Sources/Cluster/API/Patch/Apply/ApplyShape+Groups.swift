import ClusterObjects

extension ApplyShape {
    /// The elements of two lists that go by one name: mostly one of each list.
    struct Group {
        let element: PathElement
        var old: Value?
        var new: Value?
        /// Further ones of the same name, which count as one piece with the first.
        var moreOld: [Value] = []
        var moreNew: [Value] = []
    }

    /// In the order in which names appear. Elements that cannot be named are left out.
    func groups(_ old: [Value], _ new: [Value], _ shape: Shape, _ items: TypeReference) -> [Group] {
        var groups: [Group] = []
        groups.reserveCapacity(max(old.count, new.count))
        // Most lists are short: looking through them costs less than hashing names.
        var places: [PathElement: Int]? = old.count + new.count > 16 ? [:] : nil
        func place(of child: Value) -> Int? {
            guard let element = try? element(shape, items, child) else { return nil }
            if let place = places.map({ $0[element] }) ?? groups.firstIndex(where: { $0.element == element }) { return place }
            places?[element] = groups.count
            groups.append(Group(element: element))
            return groups.count - 1
        }
        for child in old {
            guard let place = place(of: child) else { continue }
            if groups[place].old == nil { groups[place].old = child } else { groups[place].moreOld.append(child) }
        }
        for child in new {
            guard let place = place(of: child) else { continue }
            if groups[place].new == nil { groups[place].new = child } else { groups[place].moreNew.append(child) }
        }
        return groups
    }
}
