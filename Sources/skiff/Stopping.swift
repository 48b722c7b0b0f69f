import Logging
import ServiceLifecycle
import UnixSignals

/// Runs services until a signal says stop, and tells which it was.
struct Stopping {
    private let services: [any Service]
    private let logger: Logger

    init(_ services: [any Service], logger: Logger) {
        self.services = services
        self.logger = logger
    }

    /// - Returns: the signal that ended it, nil when it ended by itself.
    func run() async throws -> UnixSignal? {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let group = ServiceGroup(services: services, logger: logger)
        return try await withThrowingTaskGroup(of: UnixSignal?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                for await signal in signals {
                    await group.triggerGracefulShutdown()
                    return signal
                }
                return nil
            }
            var received: UnixSignal?
            // The engine's end, and the signal's arrival when one came.
            if let first = try await tasks.next() { received = first }
            if received != nil { _ = try await tasks.next() }
            tasks.cancelAll()
            return received
        }
    }
}
