import Dispatch
@preconcurrency import Glibc
import Testing

/// Runs a suite's tests on threads that may block, as waiting for a program does, instead of on the few that all tests share.
struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        Self.lineByLine
        await Turns.shared.take()
        do {
            try await withTaskExecutorPreference(Threads.shared) { try await function() }
        } catch {
            await Turns.shared.give()
            throw error
        }
        await Turns.shared.give()
    }

    /// How many run at a time: each starts programs of its own, and when there are too many of them they only wait for each other.
    private actor Turns {
        static let shared = Turns(6 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ most: Int) { free = most }

        func take() async {
            guard free == 0 else {
                free -= 1
                return
            }
            await withCheckedContinuation { waiting.append($0) }
        }

        func give() {
            guard !waiting.isEmpty else {
                free += 1
                return
            }
            waiting.removeFirst().resume()
        }
    }

    /// What has run can be read while it runs, also from a file and when the whole is ended from outside.
    private static let lineByLine: Void = { setvbuf(stdout, nil, _IOLBF, 0) }()

    private final class Threads: TaskExecutor {
        static let shared = Threads()
        private let queue = DispatchQueue(label: "end-to-end", attributes: .concurrent)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}

extension Trait where Self == OwnThreads {
    /// Of every suite here: its tests wait for programs.
    static var ownThreads: Self { OwnThreads() }
}
