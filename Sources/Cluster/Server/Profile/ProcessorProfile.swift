import CLinux
import Glibc
import Synchronization

/// Where this process spends its processor time: stacks, each with how often it was met. Taken by SIGPROF, a hundred times in a second of
/// processor time; costs a few microseconds each time, and nothing when none is taken.
struct ProcessorProfile {
    static let hertz = 100
    /// Return addresses, innermost first, and how often.
    var stacks: [[UInt64]: Int] = [:]
    var duration: Duration = .zero

    /// One that is being taken, until nobody holds it any more. There is one at a time.
    final class Recording: Sendable {
        private static let isTaken = Atomic(false)
        private let start: ContinuousClock.Instant

        /// Nil when one is being taken already.
        /// - Throws: the kernel's error, as an `errno`.
        init?() throws(Failure) {
            guard Recording.isTaken.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
                return nil
            }
            start = .now
            let error = skiff_profile_start(Int32(hertz))
            // From here on `deinit` gives it back.
            guard error == 0 else { throw Failure(code: error) }
        }

        deinit {
            skiff_profile_stop()
            Recording.isTaken.store(false, ordering: .releasing)
        }

        /// What there is after a time; no more is recorded then.
        func profile(after duration: Duration) async throws -> ProcessorProfile {
            try await Task.sleep(for: duration)
            skiff_profile_stop()
            var profile = ProcessorProfile()
            profile.duration = ContinuousClock.now - start
            var frames = [UInt64](repeating: 0, count: Int(SKIFF_PROFILE_FRAMES))
            for index in 0..<skiff_profile_count() {
                let depth = Int(skiff_profile_sample(index, &frames))
                if depth > 0 { profile.stacks[Array(frames[..<depth]), default: 0] += 1 }
            }
            return profile
        }
    }

    struct Failure: Error {
        var code: Int32

        var message: String { String(cString: strerror(code)) }
    }
}
