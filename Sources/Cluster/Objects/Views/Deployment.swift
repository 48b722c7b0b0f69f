/// A Deployment, as its controller reads it.
public struct Deployment: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var replicas: Int { spec?["replicas"]?.int ?? 1 }
    public var minReadySeconds: Int { spec?["minReadySeconds"]?.int ?? 0 }
    public var isPaused: Bool { spec?["paused"]?.bool ?? false }
    public var selector: LabelSelector { LabelSelector(spec?["selector"]) }
    public var template: Tree? { spec?["template"] }
    public var revisionHistoryLimit: Int? { spec?["revisionHistoryLimit"]?.int }
    public var progressDeadlineSeconds: Int? { spec?["progressDeadlineSeconds"]?.int }
    public var isRecreate: Bool { spec?["strategy"]?["type"]?.string == "Recreate" }
    public var revision: String { annotations["deployment.kubernetes.io/revision"] ?? "" }
    public var collisionCount: Int? { status?["collisionCount"]?.int }
    public var observedGeneration: Int { status?["observedGeneration"]?.int ?? 0 }

    private func fence(_ field: String, roundingUp: Bool) -> Int {
        guard !isRecreate, let bound = spec?["strategy"]?["rollingUpdate"]?[field] else { return 0 }
        return bound.scaled(of: replicas, roundingUp: roundingUp)
    }

    /// Pods beyond `replicas` during a rolling update.
    public var maxSurge: Int { fence("maxSurge", roundingUp: true) }

    /// Pods that may be unavailable during a rolling update; never 0 together with `maxSurge`.
    public var maxUnavailable: Int {
        guard !isRecreate, replicas > 0 else { return 0 }
        let bound = fence("maxUnavailable", roundingUp: false)
        return min(bound == 0 && maxSurge == 0 ? 1 : bound, replicas)
    }
}

extension Tree {
    /// An int-or-string: a number, or a percentage of `total`.
    public func scaled(of total: Int, roundingUp: Bool) -> Int {
        if let number = int { return max(number, 0) }
        guard let text = string else { return 0 }
        guard text.hasSuffix("%"), let percent = Int(text.dropLast()), 0...1_000_000 ~= percent, total < 1 << 40 else {
            return Int(text).map { max($0, 0) } ?? 0
        }
        return (percent * total + (roundingUp ? 99 : 0)) / 100
    }
}
