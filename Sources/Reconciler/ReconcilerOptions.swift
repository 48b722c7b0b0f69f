/// What to do about drift.
public enum DriftMode: String, Sendable, CaseIterable {
    /// Put right at once, and kept in the log.
    case correct
    /// Left as it is, and reported.
    case report
}

/// How a reconciler works.
public struct ReconcilerOptions: Sendable {
    public var source: SourceOptions
    public var drift: DriftMode
    /// Whether status is committed back to the source.
    public var publishesStatus: Bool
    /// Requests at a time.
    public var concurrency: Int

    public init(source: SourceOptions, drift: DriftMode = .correct, publishesStatus: Bool = true, concurrency: Int = 16) {
        self.source = source
        self.drift = drift
        self.publishesStatus = publishesStatus
        self.concurrency = concurrency
    }
}
