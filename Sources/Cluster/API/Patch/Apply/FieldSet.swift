import ClusterObjects

/// A set of fields of an object, as a tree: what `metadata.managedFields[].fieldsV1` holds, and held as that holds it.
///
/// So reading and writing one copies nothing, and what operations leave alone is shared with where it came from.
/// Source of all rules: sigs.k8s.io/structured-merge-diff, fieldpath.
public struct FieldSet: Sendable, Hashable {
    /// What lies below the root, which is no member itself.
    let root: Fields

    public init() { root = Fields() }

    /// What lies below a place, see ``Fields/isMember``; nothing for nil.
    init(below place: Fields?) { root = place.map(\.withoutMembership) ?? Fields() }

    /// A set of one path of field names.
    public init(path: some Collection<String>) {
        var place = Fields()
        for name in path.reversed() { place = Fields(ascending: [Fields.Entry(PathElement.field(name).encoded, .object(place))]) }
        root = place
    }

    public var isEmpty: Bool { root.isEmpty }

    /// Whether a path of field names is a member.
    public func contains(_ path: some Collection<String>) -> Bool {
        var place = root
        if path.isEmpty { return false }
        for name in path {
            guard let next = place[.field(name)] else { return false }
            place = next
        }
        return place.isMember
    }

    /// Members as Kubernetes writes paths, `.spec.containers[name="c"].image`: those of a level before those below.
    public var paths: [String] {
        var result: [String] = []
        if !isEmpty { FieldSet.collect(root, prefix: "", into: &result) }
        return result
    }

    private static func collect(_ place: Fields, prefix: String, into result: inout [String]) {
        let children = place.children.map {
            (prefix + PathElement(encoded: $0.key).description, $0.place, PathElement(encoded: $0.key).kind)
        }
        // Positions come last, which as text would come before keys and values.
        let ordered = children.filter { $0.2 != .index } + children.filter { $0.2 == .index }
        for (path, place, _) in ordered where place.isMember { result.append(path) }
        for (path, place, _) in ordered where place.hasChildren { collect(place, prefix: path, into: &result) }
    }
}

/// A place of a set is what fieldsV1 has under its name: what lies below it, and `.` where the place itself is a member too. One with
/// nothing below is a member, and has no `.`.
extension Fields {
    static let membership = Entry(".", .emptyObject)

    var isMember: Bool { isEmpty || firstChild == 1 }
    var hasChildren: Bool { entries.count > firstChild }

    /// Where children begin among the entries. Names of children have two bytes at least, and sort after the one of `.`.
    var firstChild: Int {
        guard let first = entries.first else { return 0 }
        return first.key.utf8.count == 1 ? 1 : 0
    }

    var children: some Sequence<(key: String, place: Fields)> {
        entries.dropFirst(firstChild).lazy.map { ($0.key, $0.value.object ?? Fields()) }
    }

    var withoutMembership: Fields { firstChild == 0 ? self : Fields(ascending: Array(entries.dropFirst())) }

    /// The place below, of a name.
    subscript(element: PathElement) -> Fields? { self[element.encoded]?.object }
}

/// Makes a place of a ``FieldSet`` of what is found below it.
struct FieldPlaceBuilder {
    private var entries: [Fields.Entry] = []
    private let isMember: Bool

    init(isMember: Bool, capacity: Int = 0) {
        self.isMember = isMember
        if capacity > 0 { entries.reserveCapacity(capacity + 1) }
        if isMember { entries.append(Fields.membership) }
    }

    /// Adds what lies below under a name; nothing for nil.
    mutating func add(_ element: PathElement, _ place: Fields?) {
        if let place { entries.append(Fields.Entry(element.encoded, .object(place))) }
    }

    /// - Parameter isAscending: whether names came in the order of their bytes.
    func place(isAscending: Bool) -> Fields? {
        if entries.count == (isMember ? 1 : 0) { return isMember ? Fields() : nil }
        return isAscending ? Fields(ascending: entries) : Fields(entries)
    }
}
