/// A CronJob, as its controller reads it.
public struct CronJob: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var schedule: String { spec?["schedule"]?.string ?? "" }
    /// Nil for the cluster's own zone, UTC.
    public var timeZone: String? { spec?["timeZone"]?.string }
    public var isSuspended: Bool { spec?["suspend"]?.bool ?? false }
    /// `Allow`, `Forbid` or `Replace`.
    public var concurrencyPolicy: String { spec?["concurrencyPolicy"]?.string ?? "Allow" }
    public var startingDeadlineSeconds: Int? { spec?["startingDeadlineSeconds"]?.int }
    public var successfulJobsHistoryLimit: Int? { spec?["successfulJobsHistoryLimit"]?.int }
    public var failedJobsHistoryLimit: Int? { spec?["failedJobsHistoryLimit"]?.int }
    public var jobTemplate: Tree? { spec?["jobTemplate"] }
    public var active: [Tree] { status.map { Array($0.elements("active")) } ?? [] }
    public var lastScheduleTime: Timestamp? { status?["lastScheduleTime"]?.string.flatMap { Timestamp($0) } }
    public var lastSuccessfulTime: Timestamp? { status?["lastSuccessfulTime"]?.string.flatMap { Timestamp($0) } }
}
