import ClusterObjects

/// Who manages which fields of an object: the table that `metadata.managedFields` holds.
struct ManagedFields: Sendable, Equatable {
    enum Operation: String, Sendable { case apply = "Apply", update = "Update" }

    /// Who wrote: appliers are one whatever version they apply in, updaters one a version.
    struct Identity: Sendable, Hashable {
        var manager: String
        var operation: Operation
        /// Empty for an applier.
        var apiVersion: String
        var subresource: String

        init(manager: String, operation: Operation, apiVersion: String, subresource: String) {
            self.manager = manager
            self.operation = operation
            self.apiVersion = operation == .apply ? "" : apiVersion
            self.subresource = subresource
        }

        /// As conflicts name a manager.
        var described: String {
            var text = Value.string(manager).jsonText
            if !subresource.isEmpty { text += " with subresource \(Value.string(subresource).jsonText)" }
            if operation == .update { text += " using \(apiVersion)" }
            return text
        }
    }

    struct Entry: Sendable, Equatable {
        var identity: Identity
        var apiVersion: String
        var fields: FieldSet
        /// As written; nil for an entry that never changed anything.
        var time: String?
    }

    var entries: [Entry] = []

    init() {}

    /// Reads `metadata.managedFields`; nil when an entry is not as it should be.
    /// - Parameter isStored: whether it is of a stored object, so that its sets are as this server writes them.
    init?(_ list: [Value], isStored: Bool = false) {
        entries.reserveCapacity(list.count)
        // Nearly always few: looking through them costs less than hashing three texts.
        var places: [Identity: Int]? = list.count > 16 ? [:] : nil
        for item in list {
            guard let operation = item["operation"]?.string.flatMap(Operation.init), let apiVersion = item["apiVersion"]?.string,
                !apiVersion.isEmpty, item["fieldsType"]?.string == "FieldsV1",
                let fields = ManagedFields.read(item["fieldsV1"] ?? .emptyObject, isStored: isStored)
            else { return nil }
            let identity = Identity(
                manager: item["manager"]?.string ?? "", operation: operation, apiVersion: apiVersion,
                subresource: item["subresource"]?.string ?? "")
            let entry = Entry(identity: identity, apiVersion: apiVersion, fields: fields, time: item["time"]?.string)
            if let index = places.map({ $0[identity] }) ?? index(of: identity) {
                entries[index] = entry
            } else {
                places?[identity] = entries.count
                entries.append(entry)
            }
        }
    }

    private static func read(_ fields: Value, isStored: Bool) -> FieldSet? {
        isStored ? FieldSet(storedFieldsV1: fields) : FieldSet(fieldsV1: fields)
    }

    var isEmpty: Bool { entries.isEmpty }

    func index(of identity: Identity) -> Int? { entries.firstIndex { $0.identity == identity } }

    /// The list for `metadata.managedFields`: appliers first, then by time and name; nil when nobody manages anything.
    var value: Value? {
        if entries.isEmpty { return nil }
        return .array(
            sorted.map { entry in
                var pairs = [
                    Fields.Entry("apiVersion", .string(entry.apiVersion)), Fields.Entry("fieldsType", "FieldsV1"),
                    Fields.Entry("fieldsV1", entry.fields.fieldsV1),
                ]
                if !entry.identity.manager.isEmpty { pairs.append(Fields.Entry("manager", .string(entry.identity.manager))) }
                pairs.append(Fields.Entry("operation", .string(entry.identity.operation.rawValue)))
                if !entry.identity.subresource.isEmpty { pairs.append(Fields.Entry("subresource", .string(entry.identity.subresource))) }
                if let time = entry.time { pairs.append(Fields.Entry("time", .string(time))) }
                return .object(Fields(ascending: pairs))
            })
    }

    private var sorted: [Entry] {
        if entries.count == 1 { return entries }
        return entries.map { ($0, seconds($0)) }.sorted { left, right in
            let (a, b) = (left.0, right.0)
            if a.identity.operation != b.identity.operation { return a.identity.operation == .apply }
            if left.1 != right.1 { return left.1 < right.1 }
            return (a.identity.manager, a.apiVersion, a.identity.subresource) < (b.identity.manager, b.apiVersion, b.identity.subresource)
        }.map(\.0)
    }

    private func seconds(_ entry: Entry) -> Int64 { entry.time.flatMap { Timestamp($0)?.seconds } ?? 0 }

    /// Kubernetes keeps this many updaters.
    static let mostUpdaters = 10

    /// Merges the oldest updaters of a version into one named `ancient-changes` until no more than ten are left.
    mutating func cap() {
        var updaters = entries.filter { $0.identity.operation == .update }
        var count = updaters.count
        guard count > ManagedFields.mostUpdaters else { return }
        updaters.sort { (seconds($0), $0.identity.manager) < (seconds($1), $1.identity.manager) }
        var first: [String: Identity] = [:]
        for entry in updaters where count > ManagedFields.mostUpdaters {
            guard let oldest = first[entry.apiVersion] else {
                first[entry.apiVersion] = entry.identity
                continue
            }
            let bucket = Identity(manager: "ancient-changes", operation: .update, apiVersion: entry.apiVersion, subresource: "")
            if index(of: bucket) == nil, let place = index(of: oldest) { entries[place].identity = bucket }
            guard let place = index(of: bucket), bucket != entry.identity else { continue }
            entries[place].fields = entries[place].fields.union(entry.fields)
            entries[place].time = entry.time
            entries.removeAll { $0.identity == entry.identity }
            count -= 1
        }
    }
}
