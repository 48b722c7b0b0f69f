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
        var pairs: [(String, Value)] = []
        pairs.reserveCapacity(entries.count)
        for entry in entries {
            guard !entry.children.isEmpty, case .object(var below) = entry.children.fieldsV1 else {
                pairs.append((entry.element.encoded, .emptyObject))
                continue
            }
            // Before all that begin with a letter.
            if entry.isMember { below["."] = .emptyObject }
            pairs.append((entry.element.encoded, .object(below)))
        }
        return .object(Fields(pairs))
    }
}
