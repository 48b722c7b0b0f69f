import CLinux
import Glibc
import Synchronization

/// Waits for descriptors without a thread each: one thread sleeps in epoll for the whole process.
final class Poller: Sendable {
    static let shared = Poller()

    private struct Waiter {
        let descriptor: Int32
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var next: UInt64 = 1
        var waiters: [UInt64: Waiter] = [:]
        /// Cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
    }

    private let epoll: Int32
    private let state = Mutex(State())

    private init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        var thread = pthread_t()
        // The singleton is never freed, so the thread may hold it without owning it.
        let context = Unmanaged.passUnretained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Poller>.fromOpaque(context).takeUnretainedValue().loop()
                return nil
            }, context)
        pthread_detach(thread)
    }

    /// Returns when the descriptor can be read, or its other end is closed. One waiter a descriptor at a time.
    /// - Throws: `CancellationError`, or ``SystemError`` when the descriptor cannot be waited for.
    func readable(_ descriptor: Descriptor) async throws { try await wait(descriptor, EPOLLIN.rawValue) }

    /// Returns when the descriptor can be written, or has failed.
    func writable(_ descriptor: Descriptor) async throws { try await wait(descriptor, EPOLLOUT.rawValue) }

    private func wait(_ descriptor: Descriptor, _ events: UInt32) async throws {
        let token = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let failure: (any Error)? = state.withLock { state in
                    if state.cancelled.remove(token) != nil { return CancellationError() }
                    var event = epoll_event()
                    event.events = events | EPOLLONESHOT.rawValue | EPOLLRDHUP.rawValue
                    event.data.u64 = token
                    guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor.number, &event) == 0 else { return SystemError("epoll") }
                    state.waiters[token] = Waiter(descriptor: descriptor.number, continuation: continuation)
                    return nil
                }
                if let failure { continuation.resume(throwing: failure) }
            }
        } onCancel: {
            finish(token, throwing: CancellationError())
        }
        _ = state.withLock { $0.cancelled.remove(token) }
        withExtendedLifetime(descriptor) {}
    }

    private func finish(_ token: UInt64, throwing error: (any Error)?) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.waiters.removeValue(forKey: token) else {
                if error != nil { state.cancelled.insert(token) }
                return nil
            }
            var unused = epoll_event()
            epoll_ctl(epoll, EPOLL_CTL_DEL, waiter.descriptor, &unused)
            return waiter
        }
        if let error { waiter?.continuation.resume(throwing: error) } else { waiter?.continuation.resume() }
    }

    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            guard count > 0 else { continue }
            for event in events.prefix(Int(count)) { finish(event.data.u64, throwing: nil) }
        }
    }
}
