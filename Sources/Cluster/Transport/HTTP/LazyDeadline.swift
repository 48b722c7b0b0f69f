import NIOCore

/// Calls back when a deadline has passed. Moving the deadline costs nothing: one timer looks again when it fires too early.
final class LazyDeadline {
    private let loop: any EventLoop
    private let passed: () -> Void
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    private var firesAt = NIODeadline.distantFuture

    /// - Parameter passed: called on the loop, at most once for each ``set(in:)``.
    init(_ loop: any EventLoop, passed: @escaping () -> Void) {
        self.loop = loop
        self.passed = passed
    }

    func set(in amount: TimeAmount) {
        deadline = .now() + amount
        if timer == nil || firesAt > deadline { schedule() }
    }

    func cancel() {
        timer?.cancel()
        timer = nil
        deadline = .distantFuture
    }

    /// The timer may stay: firing, it finds nothing to do.
    func clear() { deadline = .distantFuture }

    private func schedule() {
        timer?.cancel()
        firesAt = deadline
        timer = loop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.fire() }
    }

    private func fire() {
        timer = nil
        if deadline == .distantFuture { return }
        if deadline > .now() { return schedule() }
        deadline = .distantFuture
        passed()
    }
}
