import ClusterObjects

/// When status is committed to the source: once a synced revision, when it has become healthy or ten seconds have passed, and for
/// drift at most once a minute. A revision that became healthy only after its commit is told of as drift is. Pure.
struct Publication {
    private var revisionSince: Timestamp?
    private var driftSince: Timestamp?
    private var last: Timestamp?
    /// What was committed last says of the revision that it is not healthy.
    private var owesHealth = false
    /// That pushes fail was said; said again only after one that went through.
    var hasWarned = false

    private static let patience = 10.0
    private static let pause = 60.0

    mutating func revisionNoted(at now: Timestamp) { revisionSince = now }
    mutating func driftChanged(at now: Timestamp) { if driftSince == nil { driftSince = now } }

    /// When it is due at the latest; nil when nothing is waiting. A clock that was set back makes what has been one to come: nobody knows
    /// how long ago that is, so that it is due.
    func due(_ now: Timestamp) -> Timestamp? {
        if let revisionSince { return revisionSince > now ? now : revisionSince + Publication.patience }
        guard let driftSince else { return nil }
        guard let last, last <= now else { return min(driftSince, now) }
        return max(min(driftSince, now), last + Publication.pause)
    }

    var awaitsHealth: Bool { revisionSince != nil || owesHealth }

    /// All is healthy now.
    mutating func healthNoted(at now: Timestamp) {
        guard owesHealth else { return }
        owesHealth = false
        driftChanged(at: now)
    }

    func isDue(_ now: Timestamp, isHealthy: Bool) -> Bool {
        if revisionSince != nil, isHealthy { return true }
        return due(now).map { $0 <= now } ?? false
    }

    mutating func done(_ now: Timestamp, isHealthy: Bool) {
        owesHealth = !isHealthy && (revisionSince != nil || owesHealth)
        (revisionSince, driftSince, last) = (nil, nil, now)
    }

    /// It could not be pushed: again in a minute.
    mutating func failed(_ now: Timestamp) {
        (revisionSince, driftSince, last) = (nil, now, now)
    }
}
