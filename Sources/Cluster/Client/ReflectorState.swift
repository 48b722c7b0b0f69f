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
    /// So many refusals in a row are told: what is being set up, or taken down, is refused for a moment and nothing is wrong.
    private static let toldRefusals = 3

    /// What comes after a list or a watch that failed.
    struct Failed: Equatable {
        /// To wait before the next step.
        var seconds: Double
        /// What was known must be taken for gone.
        var empties = false
        /// The server does not let us look, and this is the time to say so.
        var tellsRefusal = false
    }

    private(set) var step = Step.list
    private var delay = ReflectorState.shortest
    private var hasProgressed = false
    /// Whether it was told already that there is nothing of a resource that is not served.
    private var isAbsent = false
    private var refusals = 0

    mutating func listed(_ version: String) {
        step = .watch(from: version)
        isAbsent = false
        refusals = 0
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

    /// The list or the watch failed.
    /// - Parameter random: from 0 to 1; spreads those that lost the same server.
    mutating func failed(_ error: any Error, random: Double) -> Failed {
        hasProgressed = false
        guard let error = error as? APIError else {
            step = .list
            return Failed(seconds: backOff(random))
        }
        let isRefused = error.code == 401 || error.code == 403
        refusals = isRefused ? min(refusals + 1, ReflectorState.toldRefusals + 1) : 0
        if error.isNotFound {
            step = .list
            defer { isAbsent = true }
            return Failed(seconds: ReflectorState.absent, empties: !isAbsent)
        }
        if error.isExpired {
            // The first time at once: the server is well, it has only forgotten.
            let first = step != .list && delay == ReflectorState.shortest
            step = .list
            let wait = backOff(random)
            return Failed(seconds: first ? 0 : wait)
        }
        return Failed(seconds: backOff(random), tellsRefusal: refusals == ReflectorState.toldRefusals)
    }

    /// Doubles each time; the wait is between half of it and all of it.
    private mutating func backOff(_ random: Double) -> Double {
        defer { delay = min(delay * 2, ReflectorState.longest) }
        return delay * (0.5 + random / 2)
    }
}
