import NIOCore
import Synchronization

/// The open connections of a listener, of which there are at most a given number.
final class ConnectionSet: Sendable {
    private struct Open {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Resumed when the last connection has closed.
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let open = Mutex(Open())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Keeps a connection until it closes; false when there are too many.
    func add(_ channel: any Channel) -> Bool {
        let isAdmitted = open.withLock { open in
            if open.channels.count >= limit { return false }
            open.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { _ in self.remove(channel) }
        return true
    }

    private func remove(_ channel: any Channel) {
        let waiting = open.withLock { open -> CheckedContinuation<Void, Never>? in
            open.channels[ObjectIdentifier(channel)] = nil
            return open.channels.isEmpty ? open.waiting.take() : nil
        }
        waiting?.resume()
    }

    private var channels: [any Channel] { open.withLock { Array($0.channels.values) } }

    /// Asks every connection to finish what it does and closes those that have not by then. Returns when all are closed.
    func drain(within limit: TimeAmount, on loop: any EventLoop) async {
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        let deadline = loop.scheduleTask(in: limit) { for channel in self.channels { channel.close(promise: nil) } }
        await withCheckedContinuation { continuation in
            let isEmpty = open.withLock { open in
                if open.channels.isEmpty { return true }
                open.waiting = continuation
                return false
            }
            if isEmpty { continuation.resume() }
        }
        deadline.cancel()
    }
}
