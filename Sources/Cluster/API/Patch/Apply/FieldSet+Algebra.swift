import ClusterObjects

/// Every level is sorted, so each of these is a merge, O(size of both); what is left as it was is neither copied nor visited twice.
extension FieldSet {
    public func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return FieldSet(below: FieldSet.union(root, other.root))
    }

    public func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return FieldSet(below: FieldSet.subtract(root, other.root))
    }

    public func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return FieldSet(below: FieldSet.intersect(root, other.root))
    }

    /// Without the members of `other` and everything below them.
    public func removing(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return FieldSet(below: FieldSet.remove(root, other.root))
    }

    /// Whether every member is one of `other` too.
    public func isSubset(of other: FieldSet) -> Bool { isEmpty || (!other.isEmpty && FieldSet.isSubset(root, of: other.root)) }

    // MARK: - Places

    private static func union(_ left: Fields, _ right: Fields) -> Fields? {
        if left.isIdentical(to: right) { return left }
        return merge(left, right, isMember: left.isMember || right.isMember, keepingLeft: true, keepingRight: true, union)
    }

    private static func subtract(_ left: Fields, _ right: Fields) -> Fields? {
        if left.isIdentical(to: right) { return nil }
        return merge(left, right, isMember: left.isMember && !right.isMember, keepingLeft: true, keepingRight: false, subtract)
    }

    private static func intersect(_ left: Fields, _ right: Fields) -> Fields? {
        if left.isIdentical(to: right) { return left }
        return merge(left, right, isMember: left.isMember && right.isMember, keepingLeft: false, keepingRight: false, intersect)
    }

    private static func remove(_ left: Fields, _ right: Fields) -> Fields? {
        if right.isMember { return nil }
        return merge(left, right, isMember: left.isMember, keepingLeft: true, keepingRight: false, remove)
    }

    private static func isSubset(_ left: Fields, of right: Fields) -> Bool {
        if left.isIdentical(to: right) { return true }
        if left.isMember, !right.isMember { return false }
        let (a, b) = (left.entries, right.entries)
        var r = right.firstChild
        for l in left.firstChild..<a.count {
            var order = 1
            while r < b.count {
                order = Fields.order(b[r].key, a[l].key)
                if order >= 0 { break }
                r += 1
            }
            guard r < b.count, order == 0, case .object(let below) = a[l].value, case .object(let other) = b[r].value,
                isSubset(below, of: other)
            else { return false }
        }
        return true
    }

    /// What two places make together, nil for nothing: children that only one has are kept or not, those of both are what `both` makes of them.
    private static func merge(
        _ left: Fields, _ right: Fields, isMember: Bool, keepingLeft: Bool, keepingRight: Bool, _ both: (Fields, Fields) -> Fields?
    ) -> Fields? {
        let (a, b) = (left.entries, right.entries)
        var (l, r) = (left.firstChild, right.firstChild)
        // Nil as long as the result is what `left` begins with.
        var result: [Fields.Entry]?
        func differ() {
            if result != nil { return }
            var begun: [Fields.Entry] = []
            begun.reserveCapacity(1 + max(a.count, keepingRight ? b.count : 0))
            if isMember { begun.append(Fields.membership) }
            begun.append(contentsOf: a[left.firstChild..<l])
            result = begun
        }
        if isMember != left.isMember { differ() }
        while l < a.count || (keepingRight && r < b.count) {
            let order = l == a.count ? 1 : r == b.count ? -1 : Fields.order(a[l].key, b[r].key)
            if order < 0 {
                if keepingLeft { result?.append(a[l]) } else { differ() }
                l += 1
            } else if order > 0 {
                if keepingRight {
                    differ()
                    result?.append(b[r])
                }
                r += 1
            } else {
                let below = a[l].value.object ?? Fields()
                let merged = both(below, b[r].value.object ?? Fields())
                if let merged, merged.isIdentical(to: below) {
                    result?.append(a[l])
                } else {
                    differ()
                    if let merged { result?.append(Fields.Entry(a[l].key, .object(merged))) }
                }
                l += 1
                r += 1
            }
        }
        guard let result else { return left }
        if result.count == (isMember ? 1 : 0) { return isMember ? Fields() : nil }
        return Fields(ascending: result)
    }
}
