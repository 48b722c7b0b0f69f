import NIOCore
import Synchronization

/// The open connections of a listener.
final class ConnectionSet: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    /// Asks every connection to finish what it does and closes those that have not by then.
    func drain(within limit: Duration) async {
        for channel in open.withLock({ Array($0.values) }) { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while clock.now < deadline, !open.withLock({ $0.isEmpty }) {
            // Also in a cancelled task: waiting is bounded by the deadline, and connections end by themselves.
            await withCheckedContinuation { continuation in
                Task.detached {
                    try? await Task.sleep(for: .milliseconds(20))
                    continuation.resume()
                }
            }
        }
        for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
