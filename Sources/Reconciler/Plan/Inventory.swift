import ClusterObjects
import ManifestLoader

/// What was ever applied and not yet deleted, each with the uid of the object that it was: one that somebody has made anew under the same
/// name is not it.
public struct Inventory: Sendable, Hashable {
    /// Empty where the object has not been made yet.
    private var uids: [InventoryEntry: String] = [:]

    public init() {}

    /// Reads ``lines``.
    init(lines: [String]) {
        uids.reserveCapacity(lines.count)
        for line in lines {
            let parts = line.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 6 || parts.count == 7, let entry = InventoryEntry(parts.prefix(6)) else { continue }
            uids[entry] = parts.count == 7 ? String(parts[6]) : ""
        }
    }

    /// As the Sync has it: the entry, and behind one more slash the uid.
    var lines: [String] { uids.map { $1.isEmpty ? "\($0)" : "\($0)/\($1)" }.sorted() }

    public var entries: some Collection<InventoryEntry> { uids.keys }

    /// Notes what will be applied.
    mutating func add(_ entries: some Sequence<InventoryEntry>) {
        for entry in entries where uids[entry] == nil { uids[entry] = "" }
    }

    /// Notes what has been applied. Answers whether that is news.
    mutating func set(_ entry: InventoryEntry, uid: String) -> Bool { uids.updateValue(uid, forKey: entry) != uid }

    mutating func remove(_ entry: InventoryEntry) { uids[entry] = nil }

    /// Whether a live object is the one that was applied. Where its uid was not noted (a pass was cut off), its managedFields say so.
    func has(_ entry: InventoryEntry, _ live: APIObject) -> Bool {
        guard let uid = uids[entry] else { return false }
        return uid.isEmpty ? Applier.isApplied(live) : uid == live.uid
    }

    /// What was changed since `base`, on top of what another has made of it since then.
    func merged(since base: Inventory, onto theirs: Inventory) -> Inventory {
        var result = theirs
        for (entry, uid) in uids where base.uids[entry] != uid { result.uids[entry] = uid }
        for entry in base.uids.keys where uids[entry] == nil { result.uids[entry] = nil }
        return result
    }
}
