import ClusterObjects

extension FieldSet {
    /// Reads `fieldsV1` as anybody may have written it; nil when it is no field set. Names become as Kubernetes writes them.
    public init?(fieldsV1: Value) {
        guard case .object(let fields) = fieldsV1, let place = FieldSet.normalized(fields, isMember: false) else { return nil }
        self.init(below: place)
    }

    /// Takes over `fieldsV1` of a stored object, as this server wrote it; nil when it is no field set.
    init?(storedFieldsV1: Value) {
        guard case .object(let fields) = storedFieldsV1, FieldSet.isReadable(fields) else { return nil }
        self.init(below: fields)
    }

    /// As `fieldsV1` writes it. O(1).
    public var fieldsV1: Value { .object(root) }

    private static func normalized(_ fields: Fields, isMember: Bool) -> Fields? {
        var builder = FieldPlaceBuilder(isMember: isMember, capacity: fields.count)
        for (key, value) in fields where key != "." {
            guard let element = PathElement(key), case .object(let below) = value,
                let place = normalized(below, isMember: below.isEmpty || below["."] != nil)
            else { return nil }
            builder.add(element, place)
        }
        return builder.place(isAscending: false) ?? Fields()
    }

    private static func isReadable(_ fields: Fields) -> Bool {
        fields.entries.dropFirst(fields.firstChild).allSatisfy { entry in
            guard PathElement.isNamed(entry.key), case .object(let below) = entry.value else { return false }
            return below.isEmpty || isReadable(below)
        }
    }
}
