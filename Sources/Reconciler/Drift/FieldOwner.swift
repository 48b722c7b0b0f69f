import ClusterObjects

/// Who set a field of a live object and when, as its managedFields tell. Pure.
struct FieldOwner: Sendable, Hashable {
    var manager: String
    var time: Timestamp?

    /// The owner of a field (as ``Comparison/Difference/owned`` names it): who holds it or the nearest part around it; when
    /// nobody does, as of a field that was removed, whoever changed the object last. The reconciler itself is never the answer.
    static func of(_ owned: [String], in object: APIObject) -> FieldOwner? {
        var best: (depth: Int, time: Timestamp?, owner: FieldOwner)?
        var latest: FieldOwner?
        for entry in object.metadata?.elements("managedFields") ?? Tree.noElements {
            guard let manager = entry["manager"]?.string, manager != Applier.manager, entry["subresource"]?.string != "status" else {
                continue
            }
            let owner = FieldOwner(manager: manager, time: entry["time"]?.string.flatMap { Timestamp($0) })
            if (owner.time?.microseconds ?? 0) >= (latest?.time?.microseconds ?? 0) { latest = owner }
            guard let fields = entry["fieldsV1"] else { continue }
            let depth = depth(of: owned, in: fields)
            guard depth > 0, depth >= min(owned.count, 2) else { continue }
            if depth > best?.depth ?? 0 || depth == best?.depth && (owner.time?.microseconds ?? 0) > (best?.time?.microseconds ?? 0) {
                best = (depth, owner.time, owner)
            }
        }
        // A near part is shared with many; only the field itself says who.
        if let best, best.depth == owned.count { return best.owner }
        return latest ?? best?.owner
    }

    private static func depth(of owned: [String], in fields: Tree) -> Int {
        var current = fields
        for (depth, step) in owned.enumerated() {
            guard let next = current[step] else { return depth }
            current = next
        }
        return owned.count
    }
}
