import ClusterObjects
import Synchronization

/// What every store does in memory: collections, revisions, and the check of a change against what is there.
/// One writer at a time calls ``plan(_:)`` and ``publish(_:)``; readers come at any time.
final class ObjectTable: Sendable {
    /// A change that has passed, with its revision.
    struct Planned: Sendable {
        var collection: GroupResource
        var event: StoreEvent
    }

    struct Request: Sendable {
        var change: Change
        var collection: GroupResource
        var path: String
    }

    private let collectionsByName = Mutex<[GroupResource: CollectionState]>([:])
    private let newest: Atomic<Revision>
    private let limits: HistoryLimits
    private let now: @Sendable () -> Double
    /// When all collections have last forgotten what is too old.
    private let swept: Mutex<Double>
    private static let sweepSeconds = 30.0

    /// - Parameter now: seconds of a clock that never goes back.
    init(revision: Revision = 1, limits: HistoryLimits, now: @escaping @Sendable () -> Double = ObjectTable.uptime) {
        newest = Atomic(revision)
        startRevision = Mutex(revision)
        swept = Mutex(now())
        self.limits = limits
        self.now = now
    }

    private static let epoch = ContinuousClock.now
    static let uptime: @Sendable () -> Double = { (ContinuousClock.now - epoch) / .seconds(1) }

    var revision: Revision { newest.load(ordering: .acquiring) }
    var collections: [GroupResource] { collectionsByName.withLock { Array($0.keys) } }

    /// The collection; one not heard of is empty, with all its (empty) history.
    func collection(_ name: GroupResource) -> CollectionState {
        collectionsByName.withLock { collections in
            if let found = collections[name] { return found }
            let made = CollectionState(name, compacted: start, limits: limits)
            collections[name] = made
            return made
        }
    }

    /// History begins with the revision that the store had when it was opened.
    private var start: Revision { startRevision.withLock { $0 } }
    private let startRevision: Mutex<Revision>

    /// Takes in what was read from disk, before ``begin(at:)``.
    func load(_ object: StoredObject, into name: GroupResource) { collection(name).load(object) }

    /// Everything has been read from disk: history begins here. Before the first write and watch.
    func begin(at revision: Revision) {
        startRevision.withLock { $0 = revision }
        newest.store(revision, ordering: .releasing)
        for collection in collectionsByName.withLock({ Array($0.values) }) { collection.begin(at: revision) }
    }

    func get(_ collection: GroupResource, _ path: String) -> StoredObject? { self.collection(collection).get(path) }

    func snapshot(_ collection: GroupResource) -> Snapshot {
        let reached = revision
        return self.collection(collection).snapshot(reached: reached)
    }

    func snapshot(_ collection: GroupResource, at revision: Revision) throws(StoreError) -> Snapshot {
        let now = snapshot(collection)
        if revision == now.revision { return now }
        guard revision < now.revision else { throw .future(current: now.revision) }
        return try self.collection(collection).snapshot(at: revision)
    }

    func watch(_ collection: GroupResource, namespace: String?, after revision: Revision) throws(StoreError) -> StoreWatch {
        let current = snapshot(collection).revision
        guard revision <= current else { throw .future(current: current) }
        return try StoreWatch(self.collection(collection), namespace: namespace, after: revision) { self.revision }
    }

    /// Checks each request against what the ones before it leave, and numbers those that pass.
    func plan(_ requests: [Request]) -> [Result<Planned, StoreError>] {
        struct Key: Hashable {
            var collection: GroupResource
            var path: String
        }
        var pending: [Key: StoredObject?] = [:]
        var next = revision
        return requests.map { request in
            let key = Key(collection: request.collection, path: request.path)
            let current = pending[key] ?? get(request.collection, request.path)
            do throws(StoreError) {
                let event = try ObjectTable.event(for: request, current: current, revision: next + 1)
                next += 1
                pending[key] = .some(event.kind == .deleted ? nil : event.object)
                return .success(Planned(collection: request.collection, event: event))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func event(
        for request: Request, current: StoredObject?, revision: Revision
    ) throws(StoreError) -> StoreEvent {
        switch request.change {
        case .create(let bytes):
            if let current { throw current.isDamaged ? .damaged(current) : .exists(current) }
            return StoreEvent(
                kind: .created,
                object: StoredObject(path: request.path, bytes: bytes, revision: revision, createRevision: revision))
        case .update(let bytes, let expected):
            guard let current else { throw .notFound }
            if current.isDamaged { throw .damaged(current) }
            guard current.revision == expected else { throw .conflict(current) }
            return StoreEvent(
                kind: .updated,
                object: StoredObject(
                    path: current.path, bytes: bytes, revision: revision, createRevision: current.createRevision),
                previous: current)
        case .delete(let expected, let last):
            guard let current else { throw .notFound }
            if current.isDamaged { throw .damaged(current) }
            guard current.revision == expected else { throw .conflict(current) }
            return StoreEvent(
                kind: .deleted,
                object: StoredObject(
                    path: current.path, bytes: last ?? current.bytes, revision: revision,
                    createRevision: current.createRevision),
                previous: current)
        }
    }

    /// Makes durable changes visible, in the order of their revisions.
    func publish(_ planned: [Planned]) {
        guard let last = planned.last else { return }
        let time = now()
        var grouped: [GroupResource: [StoreEvent]] = [:]
        for change in planned { grouped[change.collection, default: []].append(change.event) }
        for (name, events) in grouped { collection(name).publish(events, at: time) }
        newest.store(last.event.revision, ordering: .releasing)
        sweep(at: time)
    }

    /// Collections that nothing is written to forget what is too old, too. Only writes cause this: an idle store stays asleep.
    private func sweep(at time: Double) {
        let isDue = swept.withLock { last in
            guard time - last >= ObjectTable.sweepSeconds else { return false }
            last = time
            return true
        }
        guard isDue else { return }
        for collection in collectionsByName.withLock({ Array($0.values) }) { collection.compact(at: time) }
    }

    func close() {
        for collection in collectionsByName.withLock({ Array($0.values) }) { collection.close() }
    }
}
