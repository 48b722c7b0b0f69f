import ClusterAPI

/// What a ``Reflector`` does next, and how long it waits before: list, or watch from where it was.
///
/// Knows no client and no clock; the reflector performs.
struct ReflectorState {
    enum Step: Equatable {
        case list
        case watch(from: String)
    }

    private static let shortest = 0.1
    private static let longest = 10.0
    /// How long until a resource that is not served is asked for again.
    private static let absent = 30.0

    private(set) var step = Step.list
    private var delay = ReflectorState.shortest
    private var hasProgressed = false
    /// Whether it was told already that there is nothing of a resource that is not served.
    private var isAbsent = false

    mutating func listed(_ version: String) {
        step = .watch(from: version)
        isAbsent = false
    }

    /// An event, a bookmark included, says where to go on.
    mutating func saw(_ version: String) {
        if !version.isEmpty { step = .watch(from: version) }
        hasProgressed = true
        delay = ReflectorState.shortest
    }

    /// The watch ended as watches do. Seconds to wait: none when it was of use.
    mutating func ended(random: Double) -> Double {
        defer { hasProgressed = false }
        return hasProgressed ? 0 : backOff(random)
    }

    /// The list or the watch failed. Seconds to wait, and whether what was known must be taken for gone.
    /// - Parameter random: from 0 to 1; spreads those that lost the same server.
    mutating func failed(_ error: any Error, random: Double) -> (seconds: Double, empties: Bool) {
        hasProgressed = false
        guard let error = error as? APIError else {
            step = .list
            return (backOff(random), false)
        }
        if error.isNotFound {
            step = .list
            defer { isAbsent = true }
            return (ReflectorState.absent, !isAbsent)
        }
        if error.isExpired {
            // The first time at once: the server is well, it has only forgotten.
            let first = step != .list && delay == ReflectorState.shortest
            step = .list
            let wait = backOff(random)
            return (first ? 0 : wait, false)
        }
        return (backOff(random), false)
    }

    /// Doubles each time; the wait is between half of it and all of it.
    private mutating func backOff(_ random: Double) -> Double {
        defer { delay = min(delay * 2, ReflectorState.longest) }
        return delay * (0.5 + random / 2)
    }
}
