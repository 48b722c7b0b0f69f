import Logging
import ServiceLifecycle
import UnixSignals

/// Runs services until a signal says stop, and what is to be done after that.
struct Stopping {
    enum Signal: Sendable {
        case terminate, interrupt
        /// Patience is over: what the first one began has been cancelled.
        case secondInterrupt
    }

    private let services: [any Service]
    private let logger: Logger

    init(_ services: [any Service], logger: Logger) {
        self.services = services
        self.logger = logger
    }

    /// - Parameter stop: done when the services have ended after a signal; cancelled by a second Ctrl-C and then done again.
    func run(_ stop: @escaping @Sendable (Signal) async -> Void) async throws {
        // From now to the end, so that a second Ctrl-C is heard whatever the first is at.
        let interrupts = await UnixSignalsSequence(trapping: .sigint)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                var count = 0
                for await _ in interrupts {
                    count += 1
                    if count == 2 { return true }
                }
                return false
            }
            tasks.addTask {
                if let signal = try await serve(until: signals) { await stop(signal) }
                return false
            }
            let isImpatient = try await tasks.next() ?? false
            tasks.cancelAll()
            guard isImpatient else { return }
            // A service that was cancelled may say so by an error, which is no news.
            _ = await tasks.nextResult()
            await stop(.secondInterrupt)
        }
    }

    /// - Returns: the signal that ended the services, nil when they ended by themselves.
    private func serve(until signals: UnixSignalsSequence) async throws -> Signal? {
        let group = ServiceGroup(services: services, logger: logger)
        return try await withThrowingTaskGroup(of: Signal?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                for await signal in signals {
                    await group.triggerGracefulShutdown()
                    return signal == .sigint ? .interrupt : .terminate
                }
                return nil
            }
            var received: Signal?
            // The engine's end, and the signal's arrival when one came.
            if let first = try await tasks.next() { received = first }
            if received != nil { _ = try await tasks.next() }
            tasks.cancelAll()
            return received
        }
    }
}
