import ClusterAPI
import Synchronization

/// Keeps the number of requests that are worked on bounded: ``InflightQueue`` decides, this suspends and resumes.
final class InflightLimit: Sendable {
    private struct State {
        var queue: InflightQueue
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        var next = 0
        /// Started, or gave up, before they could be put into `waiting`.
        var started: Set<Int> = []
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>

    init(seats: Int) { state = Mutex(State(queue: InflightQueue(seats: seats))) }

    /// Requests that are worked on now, and those that wait for it.
    var count: (running: Int, waiting: Int) { state.withLock { ($0.queue.running, $0.queue.waitingCount) } }

    /// Does the work when its turn has come.
    /// - Throws: 429 when too many wait already, or the request's client has gone; what `work` throws.
    func run<Result>(
        _ priority: InflightQueue.Priority, _ work: () async throws(APIError) -> Result
    ) async throws(APIError) -> Result {
        guard await enter(priority) else { throw .tooManyRequests }
        defer { leave(priority) }
        return try await work()
    }

    private func enter(_ priority: InflightQueue.Priority) async -> Bool {
        let (caller, answer) = state.withLock { state in
            state.next &+= 1
            return (state.next, state.queue.arrive(state.next, priority))
        }
        switch answer {
        case .start: return true
        case .refuse: return false
        case .wait: break
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Bool? = state.withLock { state in
                    if state.cancelled.remove(caller) != nil { return false }
                    if state.started.remove(caller) != nil { return true }
                    state.waiting[caller] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard state.queue.giveUp(caller, priority) else { return nil }
                if let waiting = state.waiting.removeValue(forKey: caller) { return waiting }
                state.cancelled.insert(caller)
                return nil
            }
            waiting?.resume(returning: false)
        }
    }

    private func leave(_ priority: InflightQueue.Priority) {
        let ready = state.withLock { state in
            state.queue.finish(priority).compactMap { caller -> CheckedContinuation<Bool, Never>? in
                if let waiting = state.waiting.removeValue(forKey: caller) { return waiting }
                state.started.insert(caller)
                return nil
            }
        }
        for continuation in ready { continuation.resume(returning: true) }
    }
}

extension APIError {
    /// Source: k8s.io/apiserver/pkg/server/filters/maxinflight.go.
    static let tooManyRequests = APIError(
        code: 429, reason: "TooManyRequests", message: "Too many requests, please try again later.", details: ["retryAfterSeconds": 1])
}

extension InflightQueue.Priority {
    /// The cluster's own parts and its administrators go first.
    init(of user: UserInfo) {
        let isSystem =
            user.name.hasPrefix("system:kube-") || user.name.hasPrefix("system:skiff:")
            || user.groups.contains { $0 == "system:masters" || $0 == "system:nodes" || $0 == "system:serviceaccounts:kube-system" }
        self = isSystem ? .system : .other
    }
}
