/// A DaemonSet, as its controller reads it.
public struct DaemonSet: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var minReadySeconds: Int { spec?["minReadySeconds"]?.int ?? 0 }
    public var selector: LabelSelector { LabelSelector(spec?["selector"]) }
    public var template: Tree? { spec?["template"] }
    public var isRolling: Bool { spec?["updateStrategy"]?["type"]?.string != "OnDelete" }
    public var revisionHistoryLimit: Int { spec?["revisionHistoryLimit"]?.int ?? 10 }
    public var collisionCount: Int? { status?["collisionCount"]?.int }
    public var templateGeneration: String? { annotations["deprecated.daemonset.template.generation"] }

    public func maxSurge(of nodes: Int) -> Int { bound("maxSurge", nodes) }
    /// Never 0 together with `maxSurge`.
    public func maxUnavailable(of nodes: Int) -> Int {
        let bound = bound("maxUnavailable", nodes)
        return bound == 0 && maxSurge(of: nodes) == 0 ? 1 : bound
    }

    private func bound(_ field: String, _ nodes: Int) -> Int {
        spec?["updateStrategy"]?["rollingUpdate"]?[field]?.scaled(of: nodes, roundingUp: true) ?? 0
    }
}
