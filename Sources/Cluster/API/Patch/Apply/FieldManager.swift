import ClusterObjects

/// Keeps `metadata.managedFields` true, and merges what server-side apply states into an object.
///
/// Source: k8s.io/apimachinery/pkg/util/managedfields and sigs.k8s.io/structured-merge-diff. Pure: the time is given.
public struct FieldManager: Sendable {
    let resource: Resource
    let subresource: String
    /// The kind written: the resource's own, of `scale` autoscaling/v1 Scale.
    let gvk: GroupVersionKind
    let shape: ApplyShape
    let root: ApplyShape.TypeReference
    let ignored: FieldSet
    /// What an object of the kind has before anybody sets anything.
    let blank: Value

    /// - Parameter subresource: empty for the object itself. For `scale` objects are `autoscaling/v1` Scales, see ``ScaleFields``.
    public init(_ resource: Resource, subresource: String = "") {
        self.resource = resource
        self.subresource = subresource
        var schema = resource.schema
        var gvk = resource.gvk
        if subresource == "scale" {
            gvk = GroupVersionKind("autoscaling", "v1", "Scale")
            schema = BuiltInSchemas.schema(of: gvk) ?? schema
        }
        self.gvk = gvk
        shape = ApplyShape(types: schema.types)
        root = .node(schema.index)
        ignored = IgnoredFields.of(resource, subresource)
        blank = resource.isCustom && subresource != "scale" ? .emptyObject : BlankObjects.value(of: schema)
    }

    /// The manager that a write without `fieldManager` goes by: the printable part of the User-Agent before its first slash.
    public static func name(fromUserAgent agent: String) -> String {
        var result = ""
        for scalar in agent.unicodeScalars {
            if scalar == "/" { break }
            guard scalar.properties.generalCategory.isPrintable else { continue }
            if result.utf8.count + String(scalar).utf8.count > 128 { break }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    // MARK: - Update

    /// The new object of a create, update or patch with its managedFields: `manager` gets what it changed, others lose it.
    ///
    /// `new` is what the request made of the object, defaults included, before admission and before the kind's
    /// `prepareForUpdate`; its managedFields may be those of the request (`[]` or `[{}]` clears them). `old` is nil for a create.
    public func update(_ new: Value, old: Value?, manager: String, now: Timestamp) -> Value {
        var (new, old) = (new, old)
        let stored = FieldManager.takeManagedFields(&old)
        var optional: Value? = new
        let given = FieldManager.takeManagedFields(&optional)
        new = optional ?? new
        let isGiven = subresource.isEmpty && given != nil && given != stored
        if isGiven, given == [] || given == [.emptyObject] { return new }
        let change = !isGiven && new == old ? Comparison() : change(from: old, to: new)
        if !isGiven, change.isEmpty {
            if let stored { new["metadata", default: .emptyObject]["managedFields"] = .array(stored) }
            return new
        }
        var managed = ManagedFields()
        if isGiven, let given { managed = ManagedFields(given) ?? ManagedFields() }
        if managed.isEmpty, let stored { managed = ManagedFields(stored, isStored: true) ?? ManagedFields() }
        // Nobody is tracked: tracking starts with the first apply.
        if managed.isEmpty, old != nil { return new }
        record(change, manager: manager, now: now, in: &managed)
        FieldManager.put(managed, in: &new)
        return new
    }

    /// What a write changes, unset structs counting as there. What is made is a change from nothing set.
    func change(from old: Value?, to new: Value) -> Comparison {
        shape.compare(old.map { BlankObjects.fill($0, blank) } ?? blank, BlankObjects.fill(new, blank), root)
    }

    /// Enters a change by an updater.
    func record(_ change: Comparison, manager: String, now: Timestamp, in managed: inout ManagedFields) {
        if change.isEmpty { return }
        let counted = change.removing(ignored)
        let taken = counted.modified.union(counted.added)
        for index in managed.entries.indices {
            managed.entries[index].fields = managed.entries[index].fields.subtracting(taken).subtracting(counted.removed)
        }
        managed.entries.removeAll { $0.fields.isEmpty }
        let own = taken.subtracting(IgnoredFields.always)
        if !own.isEmpty {
            let identity = ManagedFields.Identity(
                manager: manager.isEmpty ? "unknown" : manager, operation: .update, apiVersion: gvk.apiVersion, subresource: subresource)
            if let index = managed.index(of: identity) {
                managed.entries[index].fields = managed.entries[index].fields.union(own)
                managed.entries[index].time = now.description
            } else {
                managed.entries.append(
                    ManagedFields.Entry(identity: identity, apiVersion: gvk.apiVersion, fields: own, time: now.description))
            }
        }
        managed.cap()
    }

    // MARK: - Storage in an object

    /// Takes managedFields out of an object; nil when it has none.
    static func takeManagedFields(_ object: inout Value?) -> [Value]? {
        guard let list = object?[path: "metadata", "managedFields"] else { return nil }
        object?[path: "metadata", "managedFields"] = nil
        return list.array
    }

    static func put(_ managed: ManagedFields, in object: inout Value) {
        object["metadata", default: .emptyObject]["managedFields"] = managed.value
    }

    /// Takes back new times of managers when nothing else of the object has changed, so that the write can be left out.
    public static func keepTimes(_ new: inout Value, old: Value) {
        if new != old, isSame(new, old, but: "metadata", { isSame($0, $1, but: "managedFields", isSameManagers) }) { new = old }
    }

    private static func isSameManagers(_ left: Value, _ right: Value) -> Bool {
        func withoutTimes(_ list: Value) -> [Value]? {
            list.array?.map { entry in
                var entry = entry
                entry["time"] = nil
                return entry
            }
        }
        return withoutTimes(left) == withoutTimes(right)
    }

    /// Whether two objects have the same fields, one of which may differ as far as `isSame` says.
    private static func isSame(_ left: Value, _ right: Value, but name: String, _ isSame: (Value, Value) -> Bool) -> Bool {
        guard let left = left.object?.entries, let right = right.object?.entries, left.count == right.count else { return false }
        return zip(left, right).allSatisfy { a, b in
            guard Fields.same(a.key, b.key) else { return false }
            return Fields.same(a.key, name) ? isSame(a.value, b.value) : a.value == b.value
        }
    }
}

extension Unicode.GeneralCategory {
    /// As Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols.
    fileprivate var isPrintable: Bool {
        switch self {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: true
        }
    }
}
