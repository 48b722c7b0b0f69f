import ClusterObjects

/// What a container's probe is for.
enum ProbeKind: String, Sendable, CaseIterable {
    case startup, liveness, readiness

    var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

/// When a probe runs and how many answers make a verdict; Kubernetes' defaults where a probe does not say.
struct ProbeTimes: Sendable, Hashable {
    var initialDelay: Double
    var period: Double
    var timeout: Double
    var failureThreshold: Int
    var successThreshold: Int

    init(_ probe: Tree) {
        initialDelay = Double(clamping: probe["initialDelaySeconds"]?.int ?? 0)
        period = max(1, Double(clamping: probe["periodSeconds"]?.int ?? 10))
        timeout = max(1, Double(clamping: probe["timeoutSeconds"]?.int ?? 1))
        failureThreshold = max(1, probe["failureThreshold"]?.int ?? 3)
        successThreshold = max(1, probe["successThreshold"]?.int ?? 1)
    }
}

/// Counts answers in a row. Pure.
struct ProbeCounter: Sendable, Hashable {
    private(set) var verdict: Bool?
    private var last: Bool?
    private var inARow = 0

    /// - Returns: the verdict when this answer changed it.
    mutating func count(_ success: Bool, _ times: ProbeTimes) -> Bool? {
        inARow = last == success ? inARow + 1 : 1
        last = success
        guard inARow >= (success ? times.successThreshold : times.failureThreshold), verdict != success else { return nil }
        verdict = success
        return success
    }
}
