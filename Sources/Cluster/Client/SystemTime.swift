import ClusterObjects
import Glibc

extension Timestamp {
    /// The machine's wall clock.
    public static func system() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    private static let start = Moment()

    /// What the wall clock would say had nobody set it since the program began: for how long something takes, not for dates.
    public static func steady() -> Timestamp { start.wall + start.passed }
}

/// A moment by the wall clock, which people and time servers set, and by one that nobody sets.
public struct Moment: Sendable {
    public let wall = Timestamp.system()
    private let steady = ContinuousClock.now

    public init() {}

    /// Seconds since then, whatever happened to the wall clock.
    public var passed: Double { (ContinuousClock.now - steady) / .seconds(1) }

    /// By how many seconds the wall clock was set since then; negative when it was set back.
    public var setBy: Double { Timestamp.system() - wall - passed }
}
