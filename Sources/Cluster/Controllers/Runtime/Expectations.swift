import ClusterObjects
import Synchronization

/// What a controller wrote for a key and the caches have not shown yet.
///
/// Until they have, the key is not reconciled: deciding on a stale view would create or delete twice. Kubernetes counts
/// expected creations per controller; as every write has a revision here, it is enough to wait for that.
final class Expectations: Sendable {
    struct Write: Sendable {
        var resource: GroupVersionResource
        var key: ObjectKey
        var uid: String
        /// Nil for a deletion.
        var revision: UInt64?
    }

    private struct Entry {
        var writes: [Write]
        var since: Timestamp
    }

    private let entries = Mutex<[ObjectKey: Entry]>([:])
    /// A write that has not been seen for so long never will be (kube-controller-manager's ExpectationsTimeout).
    static let timeout = 300.0

    func expect(_ writes: [Write], for key: ObjectKey, at now: Timestamp) {
        guard !writes.isEmpty else { return }
        entries.withLock { entries in
            entries[key, default: Entry(writes: [], since: now)].writes += writes
            entries[key]?.since = now
        }
    }

    /// Whether the cache has caught up; forgets what it has shown.
    func isSatisfied(_ key: ObjectKey, at now: Timestamp, isSeen: (Write) -> Bool) -> Bool {
        guard let entry = entries.withLock({ $0[key] }) else { return true }
        let unseen = entry.writes.filter { !isSeen($0) }
        let satisfied = unseen.isEmpty || now - entry.since > Self.timeout
        // Only one reconcile of a key runs at a time, so nobody else has changed the entry meanwhile.
        entries.withLock { $0[key] = satisfied ? nil : Entry(writes: unseen, since: entry.since) }
        return satisfied
    }

    /// Keys that wait for a change of that resource.
    func waiting(for resource: GroupVersionResource) -> [ObjectKey] {
        entries.withLock { entries in
            entries.isEmpty ? [] : entries.filter { $0.value.writes.contains { $0.resource == resource } }.map(\.key)
        }
    }
}
