import Glibc
import Reconciler

/// Says on a terminal what is going on, in one line that goes again, once it has taken a second. Costs nothing while nothing goes on.
actor Progress {
    private static let patience = 1.0

    private var what = ""
    private var since = ContinuousClock.now
    /// Counts the times that something began.
    private var turn = 0

    /// Shows what a reconciler says it does, and hands on whatever else it says.
    func follow(_ events: AsyncStream<ReconcilerEvent>, _ others: @Sendable (ReconcilerEvent) -> Void) async {
        await withDiscardingTaskGroup { group in
            for await event in events {
                guard case .doing(let text) = event else {
                    others(event)
                    continue
                }
                let begins = what.isEmpty && !text.isEmpty
                what = text
                if text.isEmpty { Console.progress("") }
                guard begins, Terminal.isInteractive(STDERR_FILENO) else { continue }
                turn += 1
                since = .now
                group.addTask { [turn] in await self.draw(turn) }
            }
            what = ""
            Console.progress("")
            group.cancelAll()
        }
    }

    private func draw(_ turn: Int) async {
        while (try? await Task.sleep(for: .milliseconds(250))) != nil, turn == self.turn, !what.isEmpty {
            let seconds = (ContinuousClock.now - since) / .seconds(1)
            if seconds >= Progress.patience { Console.progress("\(what) … \(Int(seconds)) s") }
        }
    }

    /// While a body runs, shows what a reconciler says it does.
    static func showing<Answer: Sendable>(
        _ events: AsyncStream<ReconcilerEvent>, _ body: () async throws -> Answer
    ) async throws -> Answer {
        // Ends with this function, which cancels it.
        async let _: Void = Progress().follow(events) { _ in }
        let result: Result<Answer, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        return try result.get()
    }

    /// While a body runs, shows what it does.
    static func showing<Answer: Sendable>(_ what: String, _ body: () async throws -> Answer) async throws -> Answer {
        try await showing(AsyncStream { $0.yield(.doing(what)) }, body)
    }
}
