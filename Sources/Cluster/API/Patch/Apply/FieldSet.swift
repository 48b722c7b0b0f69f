import ClusterObjects

/// A set of fields of an object, as a tree: what `metadata.managedFields[].fieldsV1` holds.
///
/// Every level is sorted, so union, difference and intersection are merges, O(size of both).
/// Source of all rules: sigs.k8s.io/structured-merge-diff, fieldpath.
public struct FieldSet: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public var element: PathElement
        /// Whether the place itself belongs to the set, not only what lies below.
        public var isMember: Bool
        public var children: FieldSet
    }

    /// Sorted by element; each is a member or has children.
    public private(set) var entries: [Entry] = []

    public init() {}

    /// An empty one with room for places to come.
    init(capacity: Int) { entries.reserveCapacity(capacity) }

    /// Takes over entries that ascend by element, each a member or with children. O(1).
    init(ascending entries: [Entry]) { self.entries = entries }

    public var isEmpty: Bool { entries.isEmpty }

    /// Adds a place and what lies below it; nothing when there is neither. O(1) in order, else O(entries).
    mutating func insert(_ element: PathElement, isMember: Bool, children: FieldSet = FieldSet()) {
        guard isMember || !children.isEmpty else { return }
        let entry = Entry(element: element, isMember: isMember, children: children)
        if let last = entries.last, !(last.element < element) {
            let (position, found) = place(of: element)
            if found {
                entries[position].isMember = entries[position].isMember || isMember
                entries[position].children = entries[position].children.union(children)
            } else {
                entries.insert(entry, at: position)
            }
        } else {
            entries.append(entry)
        }
    }

    /// A set of one path of field names.
    public init(path: some Collection<String>) {
        guard let first = path.first else { return }
        let rest = path.dropFirst()
        insert(.field(first), isMember: rest.isEmpty, children: rest.isEmpty ? FieldSet() : FieldSet(path: Array(rest)))
    }

    private func place(of element: PathElement) -> (index: Int, found: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].element == element { return (middle, true) }
            if entries[middle].element < element { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    subscript(element: PathElement) -> Entry? {
        let (index, found) = place(of: element)
        return found ? entries[index] : nil
    }

    /// Whether a path of field names is a member.
    public func contains(_ path: some Collection<String>) -> Bool {
        guard let first = path.first, let entry = self[.field(first)] else { return false }
        let rest = path.dropFirst()
        return rest.isEmpty ? entry.isMember : entry.children.contains(Array(rest))
    }

    // MARK: - Algebra

    public func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return zip(other) { left, right in
            guard let left, let right else { return left ?? right }
            return Entry(
                element: left.element, isMember: left.isMember || right.isMember, children: left.children.union(right.children))
        }
    }

    public func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return zip(other) { left, right in
            guard var left else { return nil }
            guard let right else { return left }
            left.isMember = left.isMember && !right.isMember
            left.children = left.children.subtracting(right.children)
            return left
        }
    }

    public func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return zip(other) { left, right in
            guard var left, let right else { return nil }
            left.isMember = left.isMember && right.isMember
            left.children = left.children.intersection(right.children)
            return left
        }
    }

    /// Whether every member is one of `other` too. O(size of both).
    public func isSubset(of other: FieldSet) -> Bool {
        var right = 0
        for entry in entries {
            while right < other.entries.count, other.entries[right].element < entry.element { right += 1 }
            guard right < other.entries.count, other.entries[right].element == entry.element else { return false }
            let same = other.entries[right]
            guard !entry.isMember || same.isMember, entry.children.isSubset(of: same.children) else { return false }
        }
        return true
    }

    /// Without the members of `other` and everything below them.
    public func removing(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return zip(other) { left, right in
            guard var left else { return nil }
            guard let right else { return left }
            if right.isMember { return nil }
            left.children = left.children.removing(right.children)
            return left
        }
    }

    private func zip(_ other: FieldSet, _ combine: (Entry?, Entry?) -> Entry?) -> FieldSet {
        var result = FieldSet()
        result.entries.reserveCapacity(Swift.max(entries.count, other.entries.count))
        func add(_ entry: Entry?) {
            if let entry, entry.isMember || !entry.children.isEmpty { result.entries.append(entry) }
        }
        var (left, right) = (0, 0)
        while left < entries.count || right < other.entries.count {
            if right == other.entries.count {
                add(combine(entries[left], nil))
                left += 1
            } else if left == entries.count || other.entries[right].element < entries[left].element {
                add(combine(nil, other.entries[right]))
                right += 1
            } else if entries[left].element == other.entries[right].element {
                add(combine(entries[left], other.entries[right]))
                left += 1
                right += 1
            } else {
                add(combine(entries[left], nil))
                left += 1
            }
        }
        return result
    }

    /// Members as Kubernetes writes paths, `.spec.containers[name="c"].image`: those of a level before those below.
    public var paths: [String] {
        var result: [String] = []
        collect(prefix: "", into: &result)
        return result
    }

    private func collect(prefix: String, into result: inout [String]) {
        for entry in entries where entry.isMember { result.append(prefix + entry.element.description) }
        for entry in entries where !entry.children.isEmpty {
            entry.children.collect(prefix: prefix + entry.element.description, into: &result)
        }
    }
}
