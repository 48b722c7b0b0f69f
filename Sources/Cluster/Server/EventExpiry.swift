import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import ServiceLifecycle

/// Removes events some time after they were last written, an hour by default. Sleeps until the first is due, and where there are none,
/// until there is one. Source: kube-apiserver's `--event-ttl`.
public struct EventExpiry: Service {
    private let store: any Store
    private let seconds: Double
    private let now: @Sendable () -> Timestamp
    private static let collection = GroupResource("", "events")
    /// Looks are no closer together.
    private static let shortest = 60.0
    private static let batch = 256

    /// When an event of a revision is due.
    typealias Due = [String: (revision: Revision, at: Timestamp)]

    public init(_ store: any Store, seconds: Double = 3600, now: @escaping @Sendable () -> Timestamp = { Timestamp.system() }) {
        self.store = store
        self.seconds = seconds
        self.now = now
    }

    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            var due: Due = [:]
            while !Task.isCancelled {
                if let wait = await pass(&due) {
                    guard (try? await Task.sleep(for: .seconds(max(wait, min(EventExpiry.shortest, seconds))))) != nil else { return }
                } else {
                    let revision = store.revision
                    let watch = try store.watch(EventExpiry.collection, namespace: nil, after: revision)
                    guard try await watch.next(after: revision) != nil else { return }
                }
            }
        }
    }

    /// Removes what is due. Returns the seconds until the next is; nil when there are no events.
    func pass(_ due: inout Due) async -> Double? {
        let now = now()
        var known: Due = [:]
        var gone: [StoredObject] = []
        var next: Timestamp?
        for event in store.snapshot(EventExpiry.collection).range() where !event.isDamaged {
            let at = due[event.path].flatMap { $0.revision == event.revision ? $0.at : nil } ?? lastWritten(event, at: now) + seconds
            if at <= now {
                gone.append(event)
            } else {
                known[event.path] = (event.revision, at)
                next = min(next ?? at, at)
            }
        }
        due = known
        while !gone.isEmpty {
            let batch = gone.suffix(EventExpiry.batch)
            gone.removeLast(batch.count)
            await withDiscardingTaskGroup { group in
                for event in batch {
                    group.addTask {
                        // One that was written meanwhile stays.
                        _ = try? await store.write(.delete(expecting: event.revision), to: EventExpiry.collection, event.path)
                    }
                }
            }
        }
        return next.map { $0 - now }
    }

    /// The newest time in the event; not in the future, which would keep it for as long as its writer likes.
    private func lastWritten(_ event: StoredObject, at now: Timestamp) -> Timestamp {
        let tree = ObjectBytes.tree(event)
        let fields = tree[path: "metadata", "managedFields"]
        let times =
            [
                tree[path: "metadata", "creationTimestamp"], tree["lastTimestamp"], tree["eventTime"],
                tree[path: "series", "lastObservedTime"],
            ] + (fields.map { $0.elements.map { $0["time"] } } ?? [])
        return min(now, times.compactMap { $0?.string.flatMap { Timestamp($0) } }.max() ?? now)
    }
}
