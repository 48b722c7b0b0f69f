import ClusterObjects
import Synchronization
import Testing

@testable import ClusterControllers

/// Timers of the queue under a clock that is set back and forth, which timers do not notice.
struct WorkQueueTests {
    private final class Clock: Sendable {
        private let time = Mutex(Timestamp(seconds: 1_700_000_000))
        var now: Timestamp { time.withLock { $0 } }
        func move(_ seconds: Double) { time.withLock { $0 = $0 + seconds } }
    }

    private let clock = Clock()
    private let key = ObjectKey(namespace: "d", name: "web")

    private func queue() -> WorkQueue { WorkQueue(parallelism: 1) { [clock] in clock.now } }

    /// The actions so far.
    private func actions(_ queue: WorkQueue) async -> [String] {
        queue.finish()
        return await queue.actions.reduce(into: []) { list, action in
            switch action {
            case .start: list.append("start")
            case .wake(_, let seconds): list.append("wake in \(Int(seconds.rounded()))")
            }
        }
    }

    @Test func `a key is looked at when its time has come, and its timer set again when that was moved`() async {
        let queue = queue()
        queue.add(key, after: 10)
        clock.move(4)
        _ = queue.takeDue(key)
        queue.add(key, after: 100)
        clock.move(6)
        queue.rang(key)
        clock.move(94)
        queue.rang(key)
        #expect(await actions(queue) == ["wake in 10", "wake in 94", "start"])
    }

    @Test(arguments: [-86400.0, -11, 86400]) func `a clock that jumps delays no key`(jump: Double) async {
        let queue = queue()
        queue.add(key, after: 10)
        clock.move(10 + jump)
        queue.rang(key)
        #expect(await actions(queue) == ["wake in 10", "start"])
    }

    @Test(arguments: [-86400.0, -3]) func `after a jump back a key can be delayed anew`(jump: Double) async {
        let queue = queue()
        queue.add(key, after: 10)
        _ = queue.takeDue(key)
        clock.move(10 + jump)
        queue.rang(key)
        queue.add(key, after: 5)
        clock.move(5)
        queue.rang(key)
        #expect(await actions(queue) == ["wake in 10", "wake in 5", "start"])
    }
}
