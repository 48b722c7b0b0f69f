import ClusterObjects

/// Reads the changes of a collection one after the other out of the shared history: a watcher has a place in it, and no buffer of its own.
/// One that is too slow finds its place gone and gets ``StoreError/expired(oldest:)``.
///
/// For one reader at a time.
public final class StoreWatch: Sendable {
    /// Changes, and how far they go.
    public struct Batch: Sendable {
        public var events: [StoreEvent]
        /// Every change up to this revision has been handed out.
        public var revision: Revision
    }

    private let collection: CollectionState
    private let prefix: String?
    private let id: Int
    private let reached: @Sendable () -> Revision
    private static let most = 128

    init(
        _ collection: CollectionState, namespace: String?, after revision: Revision, reached: @escaping @Sendable () -> Revision
    ) throws(StoreError) {
        self.collection = collection
        self.reached = reached
        prefix = namespace.map { "\($0)/" }
        let started: Result<Int, StoreError> = collection.state.withLock { state in
            guard revision >= state.compacted else { return .failure(.expired(oldest: state.compacted)) }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = .idle
            return .success(state.nextWaiter)
        }
        id = try started.get()
    }

    deinit {
        let id = id
        collection.state.withLock { state in _ = state.waiters.removeValue(forKey: id) }
    }

    /// The changes after `revision`. Waits for one unless ``wake()`` is called or the task cancelled, which return none.
    /// Nil when the store has been closed.
    public func next(after revision: Revision) async throws(StoreError) -> Batch? {
        var position = revision
        while true {
            switch try take(after: position) {
            case .some(let batch?):
                position = batch.revision
                if !batch.events.isEmpty { return batch }
            case .some(nil): return nil
            case .none: break
            }
            if Task.isCancelled { return Batch(events: [], revision: position) }
            let woken = await wait(after: position)
            if woken { return try take(after: position) ?? Batch(events: [], revision: position) }
        }
    }

    /// The changes after `revision` that are there already, none at the newest; nil when the store has been closed. Waits for nothing.
    public func poll(after revision: Revision) throws(StoreError) -> Batch? { try take(after: revision) ?? nil }

    /// What is there now, without waiting: nil inside for a closed store.
    private func take(after position: Revision) throws(StoreError) -> Batch?? {
        // Read first: whatever the store has reached by now is in the history below.
        let reached = reached()
        let result: Result<Batch??, StoreError> = collection.state.withLock { state in
            if state.isClosed { return .success(.some(nil)) }
            guard position >= state.compacted else { return .failure(.expired(oldest: state.compacted)) }
            var low = state.first
            var high = state.history.count
            while low < high {
                let middle = (low + high) / 2
                if state.history[middle].event.revision <= position { low = middle + 1 } else { high = middle }
            }
            var events: [StoreEvent] = []
            var seen = position
            while low < state.history.count, events.count < StoreWatch.most {
                let event = state.history[low].event
                seen = event.revision
                if prefix.map({ event.object.path.hasPrefix($0) }) ?? true { events.append(event) }
                low += 1
            }
            if low == state.history.count { seen = max(seen, reached) }
            return .success(.some(Batch(events: events, revision: seen)))
        }
        return try result.get()
    }

    /// Until there is a change after `position`, or a wake-up (true).
    private func wait(after position: Revision) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let now = collection.state.withLock { state -> Bool in
                    if case .woken = state.waiters[id] { return true }
                    if state.isClosed || state.last > position { return true }
                    state.waiters[id] = .waiting(continuation)
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        return collection.state.withLock { state in
            guard case .woken = state.waiters[id] else { return false }
            state.waiters[id] = .idle
            return true
        }
    }

    /// Makes ``next(after:)`` return, also when it is called later.
    public func wake() {
        let waiting = collection.state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.waiters[id] = .woken }
            if case .waiting(let continuation) = state.waiters[id] { return continuation }
            return nil
        }
        waiting?.resume()
    }
}
