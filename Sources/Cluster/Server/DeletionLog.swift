import ClusterAPI
import ClusterClient
import ClusterObjects
import Synchronization

/// Who asked for the deletion of what, lately: what is gone can no longer carry it. In memory and bounded; whoever sees a deletion asks
/// at once.
final class DeletionLog: Sendable {
    private struct Entry {
        var resource: GroupResource
        var path: String
        var record: DeletionRecord
    }

    /// A ring: `next` is where the oldest stands once it is full.
    private struct Ring {
        var entries: [Entry] = []
        var next = 0
    }

    /// Older ones are forgotten.
    private static let most = 1000
    private let ring = Mutex(Ring())

    /// Notes a request. O(1).
    func note(_ resource: GroupResource, _ path: String, _ record: DeletionRecord) {
        let entry = Entry(resource: resource, path: path, record: record)
        ring.withLock { ring in
            if ring.entries.count < DeletionLog.most { ring.entries.append(entry) } else { ring.entries[ring.next] = entry }
            ring.next = ring.next + 1 == DeletionLog.most ? 0 : ring.next + 1
        }
    }

    /// The last one of an object. O(remembered).
    func last(_ resource: GroupResource, _ path: String) -> DeletionRecord? {
        ring.withLock { ring in
            // Newest first: what stands before `next`, then what stands after it.
            let found = ring.entries[..<ring.next].last { $0.resource == resource && $0.path == path }
            return (found ?? ring.entries[ring.next...].last { $0.resource == resource && $0.path == path })?.record
        }
    }
}

extension APIServer {
    /// Who deleted an object last, as far as it is remembered.
    func deletion(_ target: Target) -> DeletionRecord? { deletions.last(collection(target.resource), target.path) }

    /// The answer to `/skiff/v1/deletions?group=G&version=V&resource=R&namespace=N&name=O`.
    /// - Throws: 404 when nothing is known.
    func deletionDocument(_ query: Query) throws(APIError) -> Value {
        let asked = GroupVersionResource(query["group"], query["version"], query["resource"])
        guard let resource = registry.resource(asked),
            let record = deletion(Target(resource, namespace: query["namespace"], name: query["name"]))
        else {
            throw APIError(code: 404, reason: "NotFound", message: "no deletion of \(asked.resource) \"\(query["name"])\" is remembered")
        }
        return record.value
    }
}
