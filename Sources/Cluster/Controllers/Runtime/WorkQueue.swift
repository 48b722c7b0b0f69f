import ClusterObjects
import Synchronization

/// The keys of one controller that have something to do: each at most once at a time, failing ones later and later, those whose
/// own writes the cache has not shown yet not before it has.
///
/// A state machine: its methods take what happened and yield what is to be started to `actions`, which ``ControllerLoop``
/// performs. States of a key: idle → queued → running → (dirty while running → queued) → idle.
final class WorkQueue: Sendable {
    enum Action: Sendable {
        case start(ObjectKey)
        /// Call `add(key)` after so many seconds.
        case wake(ObjectKey, after: Double)
    }

    private struct State {
        var queued: [ObjectKey] = []
        var head = 0
        /// Since when.
        var isQueued: [ObjectKey: Timestamp] = [:]
        var running: [ObjectKey: Timestamp] = [:]
        var dirty: Set<ObjectKey> = []
        var failures: [ObjectKey: Int] = [:]
        /// When a key asked to be looked at again, and in how many seconds that was when it asked.
        var due: [ObjectKey: (time: Timestamp, delay: Double)] = [:]
        /// When the earliest timer of a key will ring; there may be later ones, which change nothing.
        var sleeping: [ObjectKey: Timestamp] = [:]
    }

    let actions: AsyncStream<Action>
    private let continuation: AsyncStream<Action>.Continuation
    private let state = Mutex(State())
    private let parallelism: Int
    private let now: @Sendable () -> Timestamp
    private let metrics: QueueMetrics?

    static let firstDelay = 0.005
    static let longestDelay = 1000.0

    init(parallelism: Int, metrics: QueueMetrics? = nil, now: @escaping @Sendable () -> Timestamp) {
        self.parallelism = parallelism
        self.metrics = metrics
        self.now = now
        (actions, continuation) = AsyncStream.makeStream()
    }

    /// Keys that wait, and since when those that run do.
    var load: (waiting: Int, running: [Timestamp]) {
        state.withLock { ($0.isQueued.count, Array($0.running.values)) }
    }

    func add(_ key: ObjectKey) {
        state.withLock { state in
            if state.running[key] != nil {
                state.dirty.insert(key)
            } else {
                enqueue(key, &state)
            }
            startNext(&state)
        }
    }

    /// A timer has rung: it is time, or the time was moved and the timer is set again. Timers do not follow the clock: when more is left
    /// than was asked for, the clock was set back, and it is time too.
    func rang(_ key: ObjectKey) {
        let isDue: Bool = state.withLock { state in
            // Whatever the clock says now, this timer sleeps no longer.
            state.sleeping[key] = nil
            guard let due = state.due[key] else { return false }
            let left = due.time - now()
            if left <= 0 || left > due.delay { return true }
            setTimer(key, due.time, left, &state)
            return false
        }
        if isDue { add(key) }
    }

    /// Queues the key after a time; the earliest of several counts.
    func add(_ key: ObjectKey, after seconds: Double) {
        guard seconds > 0 else { return add(key) }
        state.withLock { state in
            let asked = (time: now() + seconds, delay: seconds)
            let earliest = state.due[key].flatMap { $0.time < asked.time ? $0 : nil } ?? asked
            state.due[key] = earliest
            setTimer(key, earliest.time, seconds, &state)
        }
    }

    private func setTimer(_ key: ObjectKey, _ due: Timestamp, _ seconds: Double, _ state: inout State) {
        if let sleeping = state.sleeping[key], sleeping <= due { return }
        state.sleeping[key] = due
        continuation.yield(.wake(key, after: seconds))
    }

    /// When the key asked to be looked at again; it is forgotten, as the look now taken decides anew.
    func takeDue(_ key: ObjectKey) -> Timestamp? { state.withLock { $0.due.removeValue(forKey: key)?.time } }

    /// The key's reconcile has ended; `failed` puts it back with exponential delay.
    func done(_ key: ObjectKey, failed: Bool, requeueAfter: Double? = nil) {
        let delay: Double? = state.withLock { state in
            if let since = state.running.removeValue(forKey: key) { metrics?.worked.observe(now() - since) }
            if state.dirty.remove(key) != nil { enqueue(key, &state) }
            startNext(&state)
            guard failed else {
                state.failures[key] = nil
                return requeueAfter
            }
            metrics?.retries.add()
            let failures = state.failures[key, default: 0]
            state.failures[key] = failures + 1
            let delay = failures < 18 ? Self.firstDelay * Double(1 << failures) : Self.longestDelay
            return min(delay, Self.longestDelay)
        }
        if let delay { add(key, after: delay) }
    }

    func failures(of key: ObjectKey) -> Int { state.withLock { $0.failures[key] ?? 0 } }

    /// No key is queued or running. (Timers may be waiting.)
    var isIdle: Bool { state.withLock { $0.isQueued.isEmpty && $0.running.isEmpty } }

    func finish() { continuation.finish() }

    private func enqueue(_ key: ObjectKey, _ state: inout State) {
        guard state.isQueued[key] == nil else { return }
        state.isQueued[key] = now()
        state.queued.append(key)
        metrics?.adds.add()
    }

    private func startNext(_ state: inout State) {
        while state.running.count < parallelism, state.head < state.queued.count {
            let key = state.queued[state.head]
            state.head += 1
            let time = now()
            if let since = state.isQueued.removeValue(forKey: key) { metrics?.waited.observe(time - since) }
            state.running[key] = time
            continuation.yield(.start(key))
        }
        if state.head > 512, state.head * 2 > state.queued.count {
            state.queued.removeFirst(state.head)
            state.head = 0
        }
    }
}
