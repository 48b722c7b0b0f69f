import ClusterObjects
import Synchronization

/// A store without a file, for tests and simulations: the same revisions, histories and watches, nothing durable.
public final class MemoryStore: Store {
    private let table: ObjectTable
    /// Held while a change is checked and published; true once closed.
    private let writing = Mutex(false)

    public init(history: HistoryLimits = HistoryLimits()) {
        table = ObjectTable(limits: history)
    }

    public var revision: Revision { table.revision }
    public var collections: [GroupResource] { table.collections }
    public func get(_ collection: GroupResource, _ path: String) -> StoredObject? { table.get(collection, path) }

    public func snapshot(_ collection: GroupResource) -> Snapshot { table.snapshot(collection) }

    public func snapshot(_ collection: GroupResource, at revision: Revision) throws(StoreError) -> Snapshot {
        try table.snapshot(collection, at: revision)
    }

    public func watch(_ collection: GroupResource, namespace: String?, after revision: Revision) throws(StoreError) -> StoreWatch {
        try table.watch(collection, namespace: namespace, after: revision)
    }

    public func write(_ change: Change, to collection: GroupResource, _ path: String) async throws(StoreError) -> StoredObject {
        let result: Result<StoredObject, StoreError> = writing.withLock { isClosed in
            if isClosed { return .failure(.closed) }
            let planned = table.plan([ObjectTable.Request(change: change, collection: collection, path: path)])[0]
            if case .success(let change) = planned { table.publish([change]) }
            return planned.map(\.event.object)
        }
        return try result.get()
    }

    public var isClosed: Bool { writing.withLock { $0 } }

    public func close() async {
        writing.withLock { $0 = true }
        table.close()
    }
}
