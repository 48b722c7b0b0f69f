import ClusterObjects
import Synchronization

/// How much of the past a store remembers, so that watches can resume and pages of a list agree.
public struct HistoryLimits: Sendable {
    /// Changes of one collection.
    public var count: Int
    /// Bytes of one collection's objects that are no longer current.
    public var bytes: Int
    /// Seconds.
    public var age: Double

    public init(count: Int = 10_000, bytes: Int = 24 << 20, age: Double = 600) {
        self.count = count
        self.bytes = bytes
        self.age = age
    }
}

/// One collection in memory: its current objects, its recent changes, and who waits for the next one.
final class CollectionState: Sendable {
    struct Entry: Sendable {
        var event: StoreEvent
        /// Seconds of a monotonic clock.
        var time: Double
    }

    enum Waiter {
        case idle
        /// To return without an event.
        case woken
        case waiting(CheckedContinuation<Void, Never>)
    }

    struct State {
        var objects = SortedObjects()
        /// Oldest first.
        var history: [Entry] = []
        /// Entries before this one are gone; they are cut off in bulk.
        var first = 0
        var superseded = 0
        /// The history holds every change after this revision.
        var compacted: Revision
        var last: Revision
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var isClosed = false
    }

    let name: GroupResource
    let state: Mutex<State>
    private let limits: HistoryLimits

    init(_ name: GroupResource, compacted: Revision, limits: HistoryLimits) {
        self.name = name
        self.limits = limits
        state = Mutex(State(compacted: compacted, last: compacted))
    }

    /// Takes in what was read from disk.
    func load(_ object: StoredObject) {
        state.withLock { $0.objects.set(object) }
    }

    /// History begins here.
    func begin(at revision: Revision) {
        state.withLock {
            $0.compacted = revision
            $0.last = revision
        }
    }

    func get(_ path: String) -> StoredObject? { state.withLock { $0.objects[path] } }

    /// The collection now; `revision` is one that the whole store had reached before the call.
    func snapshot(reached revision: Revision) -> Snapshot {
        state.withLock { Snapshot(revision: max(revision, $0.last), objects: $0.objects) }
    }

    /// The collection as it was at an older revision: the changes since are taken back, newest first.
    func snapshot(at revision: Revision) throws(StoreError) -> Snapshot {
        let result: Result<Snapshot, StoreError> = state.withLock { state in
            guard revision >= state.compacted else { return .failure(.expired(oldest: state.compacted)) }
            var objects = state.objects
            var index = state.history.count - 1
            while index >= state.first, state.history[index].event.revision > revision {
                let event = state.history[index].event
                if let previous = event.previous { objects.set(previous) } else { objects.remove(event.object.path) }
                index -= 1
            }
            return .success(Snapshot(revision: revision, objects: objects))
        }
        return try result.get()
    }

    /// Makes committed changes visible and wakes who waits. Revisions ascend from call to call.
    func publish(_ events: [StoreEvent], at time: Double) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            for event in events {
                switch event.kind {
                case .created, .updated: state.objects.set(event.object)
                case .deleted: state.objects.remove(event.object.path)
                }
                state.history.append(Entry(event: event, time: time))
                state.superseded += event.previous?.bytes.count ?? 0
                state.last = event.revision
            }
            compact(&state, now: time)
            return CollectionState.takeWaiting(&state)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Forgets what is too old by then.
    func compact(at time: Double) { state.withLock { compact(&$0, now: time) } }

    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return CollectionState.takeWaiting(&state)
        }
        for continuation in waiting { continuation.resume() }
    }

    private static func takeWaiting(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        var result: [CheckedContinuation<Void, Never>] = []
        for (id, waiter) in state.waiters {
            guard case .waiting(let continuation) = waiter else { continue }
            result.append(continuation)
            state.waiters[id] = .idle
        }
        return result
    }

    private func compact(_ state: inout State, now: Double) {
        while state.first < state.history.count {
            let oldest = state.history[state.first]
            guard
                state.history.count - state.first > limits.count || state.superseded > limits.bytes
                    || now - oldest.time > limits.age
            else { break }
            state.superseded -= oldest.event.previous?.bytes.count ?? 0
            state.compacted = oldest.event.revision
            // Lets go of the old bytes now; the slots go in bulk.
            state.history[state.first].event.previous = nil
            state.history[state.first].event.object.bytes = []
            state.first += 1
        }
        if state.first > 64, state.first > state.history.count / 2 {
            state.history.removeSubrange(..<state.first)
            state.first = 0
        }
    }
}
