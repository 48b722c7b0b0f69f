import ClusterObjects

extension FieldManager {
    /// Server-side apply: `applied` merged into `live`, with managedFields; what the manager applied before and no longer does is
    /// removed when nobody else manages it. When nothing changes, `live` with at most a new entry.
    ///
    /// `live` is nil when the object is absent: then the result is what to create. Defaults are the caller's to fill in afterwards.
    /// Throws 409 for fields that others manage (unless `force`), 500 for what does not fit the schema, as kube-apiserver does.
    public func apply(_ applied: Value, live: Value?, manager: String, force: Bool, now: Timestamp) throws(APIError) -> Value {
        try check(applied)
        let given = live
        var live = live
        var managed = ManagedFields()
        if let list = FieldManager.takeManagedFields(&live) {
            guard let read = ManagedFields(list, isStored: true) else {
                throw .plain("failed to decode managed fields: error decoding metadata.managedFields")
            }
            managed = read
        }
        let current = live ?? .object(Fields([("apiVersion", .string(gvk.apiVersion)), ("kind", .string(gvk.kind))]))
        let isTracked = !managed.isEmpty
        if !isTracked, live != nil {
            record(change(from: nil, to: current), manager: "before-first-apply", now: now, in: &managed)
        }
        var outcome = merge(applied, current, managed, manager)
        if !outcome.isChanged, isTracked, let given, outcome.managed == managed, manager != "kubectl" { return given }
        if !force, !outcome.conflicts.isEmpty {
            // What kubectl's client-side apply has set is kubectl's to take over.
            let allowed = manager == "kubectl" ? lastApplied(in: current) : FieldSet()
            let conflicts = outcome.conflicts.compactMap { identity, fields in
                let rest = fields.subtracting(allowed)
                return rest.isEmpty ? nil : (identity, rest)
            }
            if !conflicts.isEmpty { throw FieldManager.conflict(conflicts) }
        }
        if outcome.isChanged, let index = outcome.managed.index(of: identity(manager)) {
            outcome.managed.entries[index].time = now.description
        }
        var result = outcome.object
        if manager == "kubectl" { renewLastApplied(&result, applied) }
        FieldManager.put(outcome.managed, in: &result)
        return result
    }

    private func check(_ applied: Value) throws(APIError) {
        let apiVersion = applied["apiVersion"]?.string ?? ""
        let kind = applied["kind"]?.string ?? ""
        if apiVersion != gvk.apiVersion || kind != gvk.kind {
            let group = GroupVersion(apiVersion: apiVersion) ?? GroupVersion("", apiVersion)
            throw .plain("invalid object type: \(group.group)/\(group.version), Kind=\(kind)")
        }
        if let list = applied[path: "metadata", "managedFields"], !list.isNull {
            throw .badRequest("metadata.managedFields must be nil")
        }
        if let problem = shape.problem(in: applied, root) {
            let name = applied[path: "metadata", "name"]?.string ?? ""
            let namespace = applied[path: "metadata", "namespace"]?.string ?? ""
            throw .plain(
                "failed to create typed patch object (\(namespace)/\(name); \(gvk.group)/\(gvk.version), Kind=\(gvk.kind)): \(problem)")
        }
    }

    private func identity(_ manager: String) -> ManagedFields.Identity {
        ManagedFields.Identity(manager: manager, operation: .apply, apiVersion: gvk.apiVersion, subresource: subresource)
    }

    private struct Outcome {
        var object: Value
        var managed: ManagedFields
        var isChanged: Bool
        /// Fields of others that the apply would change.
        var conflicts: [(ManagedFields.Identity, FieldSet)]
    }

    private func merge(_ applied: Value, _ live: Value, _ managed: ManagedFields, _ manager: String) -> Outcome {
        var managed = managed
        let identity = identity(manager)
        let stated = shape.fields(of: applied, root).removing(ignored)
        var last = FieldSet()
        if let index = managed.index(of: identity) {
            last = managed.entries[index].fields
            managed.entries[index].fields = stated
            managed.entries[index].apiVersion = gvk.apiVersion
        } else {
            managed.entries.append(ManagedFields.Entry(identity: identity, apiVersion: gvk.apiVersion, fields: stated, time: nil))
        }
        let merged = shape.merge(live, applied, root) ?? live
        // What is stated again stays as a whole.
        let object = last.isSubset(of: stated) ? merged : prune(merged, last: last, managed)
        let isChanged = object != live
        let change = isChanged ? shape.compare(live, object, root).removing(ignored) : Comparison()
        let taken = change.modified.union(change.added)
        var conflicts: [(ManagedFields.Identity, FieldSet)] = []
        for index in managed.entries.indices {
            let entry = managed.entries[index]
            if entry.identity == identity {
                managed.entries[index].fields = entry.fields.subtracting(IgnoredFields.always)
                continue
            }
            let conflict = entry.fields.intersection(taken)
            if !conflict.isEmpty { conflicts.append((entry.identity, conflict)) }
            managed.entries[index].fields = entry.fields.subtracting(conflict).subtracting(change.removed)
        }
        managed.entries.removeAll { $0.fields.isEmpty }
        return Outcome(object: object, managed: managed, isChanged: isChanged, conflicts: conflicts)
    }

    /// Removes what the manager applied last time, unless somebody (this one included) manages it now.
    private func prune(_ merged: Value, last: FieldSet, _ managed: ManagedFields) -> Value {
        if last.isEmpty { return merged }
        let lastWhole = shape.completed(last, root)
        let all = shape.completed(shape.fields(of: merged, root), root)
        let bare = shape.remove(lastWhole, from: merged, root, leavingNull: true) ?? .emptyObject
        var kept = shape.completed(shape.fields(of: bare, root), root)
        for entry in managed.entries { kept = kept.union(shape.completed(entry.fields, root)) }
        let owned = shape.remove(all.subtracting(kept), from: merged, root, leavingNull: true) ?? .emptyObject
        let remaining = shape.completed(shape.fields(of: owned, root), root)
        return shape.remove(all.subtracting(remaining).intersection(lastWhole), from: merged, root) ?? .emptyObject
    }

    // MARK: - Conflicts

    private static func conflict(_ conflicts: [(ManagedFields.Identity, FieldSet)]) -> APIError {
        let named = conflicts.map { (name: $0.0.described, paths: $0.1.paths) }.sorted { $0.name < $1.name }
        let causes = named.flatMap { manager in
            manager.paths.map { path -> Value in
                ["reason": "FieldManagerConflict", "message": "conflict with \(manager.name)", "field": .string(path)]
            }
        }
        let message: String
        if causes.count == 1 {
            message = "Apply failed with 1 conflict: conflict with \(named[0].name): \(named[0].paths[0])"
        } else {
            let lines = named.flatMap { ["conflicts with \($0.name):"] + $0.paths.map { "- \($0)" } }
            message = "Apply failed with \(causes.count) conflicts: " + lines.joined(separator: "\n")
        }
        return APIError(code: 409, reason: "Conflict", message: message, details: ["causes": .array(causes)])
    }

    // MARK: - Client-side apply

    private static let lastAppliedKey = "kubectl.kubernetes.io/last-applied-configuration"

    /// The fields that kubectl's client-side apply set and that are still as it set them.
    private func lastApplied(in live: Value) -> FieldSet {
        guard let text = live[path: "metadata", "annotations", FieldManager.lastAppliedKey]?.string,
            let last = try? Value(parsing: text), last["apiVersion"]?.string == gvk.apiVersion, shape.problem(in: last, root) == nil
        else { return FieldSet() }
        let change = shape.compare(last, live, root)
        return shape.fields(of: last, root).subtracting(change.modified).subtracting(change.added).subtracting(change.removed)
    }

    /// Keeps kubectl's annotation in step with what is applied, where the object has one.
    private func renewLastApplied(_ object: inout Value, _ applied: Value) {
        let path = ["metadata", "annotations", FieldManager.lastAppliedKey]
        guard let text = object[path: path]?.string, !text.isEmpty else { return }
        var configuration = applied
        configuration[path: path] = nil
        object[path: path] = .string(configuration.jsonText + "\n")
    }
}
