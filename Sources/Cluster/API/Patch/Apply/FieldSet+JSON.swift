import ClusterObjects

extension FieldSet {
    /// Reads `fieldsV1`; nil when it is no field set.
    public init?(fieldsV1: Value) {
        guard case .object(let fields) = fieldsV1 else { return nil }
        self.init()
        for (key, value) in fields {
            if key == "." { continue }
            guard let element = PathElement(key), case .object(let below) = value, let children = FieldSet(fieldsV1: value) else {
                return nil
            }
            insert(element, isMember: below.isEmpty || below["."] != nil, children: children)
        }
    }

    /// As `fieldsV1` writes it.
    public var fieldsV1: Value {
        fieldsV1(ofMember: false)
    }

    /// - Parameter ofMember: whether these are the children of a member, which `.` says.
    private func fieldsV1(ofMember: Bool) -> Value {
        var pairs: [Fields.Entry] = []
        pairs.reserveCapacity(entries.count + 1)
        // Before all that begin with a letter.
        if ofMember { pairs.append(Fields.Entry(".", .emptyObject)) }
        for place in entries.indices {
            let below = entries[place].children.isEmpty ? .emptyObject : entries[place].children.fieldsV1(ofMember: entries[place].isMember)
            pairs.append(Fields.Entry(entries[place].element.encoded, below))
        }
        // Positions sort last among elements, and before keys and values as text.
        let isAscending = entries.last?.element.kind != .index || entries.first?.element.kind == .index
        return .object(isAscending ? Fields(ascending: pairs) : Fields(pairs))
    }
}
