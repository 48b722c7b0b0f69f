/// A Job, as its controller reads it.
public struct Job: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var parallelism: Int { spec?["parallelism"]?.int ?? 1 }
    /// Nil: the job is a work queue, done when any pod has succeeded and none runs.
    public var completions: Int? { spec?["completions"]?.int }
    public var isIndexed: Bool { spec?["completionMode"]?.string == "Indexed" }
    public var isSuspended: Bool { spec?["suspend"]?.bool ?? false }
    public var backoffLimit: Int { spec?["backoffLimit"]?.int ?? 6 }
    public var backoffLimitPerIndex: Int? { isIndexed ? spec?["backoffLimitPerIndex"]?.int : nil }
    public var maxFailedIndexes: Int? { spec?["maxFailedIndexes"]?.int }
    public var activeDeadlineSeconds: Int? { spec?["activeDeadlineSeconds"]?.int }
    public var ttlSecondsAfterFinished: Int? { spec?["ttlSecondsAfterFinished"]?.int }
    /// Pods are replaced only once they have failed, not as soon as they terminate.
    public var replacesOnlyFailed: Bool { spec?["podReplacementPolicy"]?.string == "Failed" }
    public var podFailureRules: [Tree]? { spec?["podFailurePolicy"].map { Array($0.elements("rules")) } }
    public var successRules: [Tree] { spec?["successPolicy"].map { Array($0.elements("rules")) } ?? [] }
    public var template: Tree? { spec?["template"] }
    public var selector: LabelSelector { LabelSelector(spec?["selector"]) }
    /// Somebody else's controller keeps it.
    public var isManagedElsewhere: Bool { spec?["managedBy"]?.string.map { $0 != "kubernetes.io/job-controller" } ?? false }

    public var startTime: Timestamp? { status?["startTime"]?.string.flatMap { Timestamp($0) } }
    public var succeeded: Int { status?["succeeded"]?.int ?? 0 }
    public var failed: Int { status?["failed"]?.int ?? 0 }
    public var active: Int { status?["active"]?.int ?? 0 }
    public func condition(_ type: String) -> Condition? { Condition.find(type, in: status) }
    /// Complete or failed for good.
    public var isFinished: Bool { finish != nil }
    /// The condition that ended it.
    public var finish: Condition? { ["Complete", "Failed"].lazy.compactMap(condition).first(where: \.isTrue) }
}
