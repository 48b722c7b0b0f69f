/// A StatefulSet, as its controller reads it.
public struct StatefulSet: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var replicas: Int { spec?["replicas"]?.int ?? 1 }
    public var minReadySeconds: Int { spec?["minReadySeconds"]?.int ?? 0 }
    public var selector: LabelSelector { LabelSelector(spec?["selector"]) }
    public var template: Tree? { spec?["template"] }
    public var serviceName: String { spec?["serviceName"]?.string ?? "" }
    public var claimTemplates: [Tree] { spec.map { Array($0.elements("volumeClaimTemplates")) } ?? [] }
    /// Pods come and go without waiting for each other.
    public var isParallel: Bool { spec?["podManagementPolicy"]?.string == "Parallel" }
    public var isRolling: Bool { spec?["updateStrategy"]?["type"]?.string != "OnDelete" }
    /// Pods of ordinals below it keep the current revision.
    public var partition: Int { spec?["updateStrategy"]?["rollingUpdate"]?["partition"]?.int ?? 0 }
    public var firstOrdinal: Int { spec?["ordinals"]?["start"]?.int ?? 0 }
    public var ordinals: Range<Int> { firstOrdinal..<firstOrdinal + max(replicas, 0) }
    public var revisionHistoryLimit: Int { spec?["revisionHistoryLimit"]?.int ?? 10 }
    public var deletesClaimsWhenDeleted: Bool { retention("whenDeleted") == "Delete" }
    public var deletesClaimsWhenScaled: Bool { retention("whenScaled") == "Delete" }
    public var currentRevision: String { status?["currentRevision"]?.string ?? "" }
    public var collisionCount: Int { status?["collisionCount"]?.int ?? 0 }

    private func retention(_ when: String) -> String { spec?["persistentVolumeClaimRetentionPolicy"]?[when]?.string ?? "Retain" }
}
