/// A pod, as controllers, the scheduler and the node agent read it.
public struct Pod: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var nodeName: String { spec?["nodeName"]?.string ?? "" }
    public var phase: String { status?["phase"]?.string ?? "Pending" }
    public var podIP: String { status?["podIP"]?.string ?? "" }
    public var hostIP: String { status?["hostIP"]?.string ?? "" }
    public var reason: String { status?["reason"]?.string ?? "" }
    public var restartPolicy: String { spec?["restartPolicy"]?.string ?? "Always" }
    public var priority: Int { spec?["priority"]?.int ?? 0 }
    public var terminationGracePeriodSeconds: Int { spec?["terminationGracePeriodSeconds"]?.int ?? 30 }
    public var serviceAccountName: String { spec?["serviceAccountName"]?.string ?? "" }
    public var startTime: Timestamp? { status?["startTime"]?.string.flatMap { Timestamp($0) } }
    public var containers: [Tree] { spec.map { Array($0.elements("containers")) } ?? [] }
    public var initContainers: [Tree] { spec.map { Array($0.elements("initContainers")) } ?? [] }
    public var ephemeralContainers: [Tree] { spec.map { Array($0.elements("ephemeralContainers")) } ?? [] }
    /// Regular, init and ephemeral ones.
    public var allContainers: [Tree] { containers + initContainers + ephemeralContainers }
    public var volumes: [Tree] { spec.map { Array($0.elements("volumes")) } ?? [] }
    public var containerStatuses: [Tree] { status.map { Array($0.elements("containerStatuses")) } ?? [] }
    public var tolerations: [Tree] { spec.map { Array($0.elements("tolerations")) } ?? [] }

    public var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }
    /// Neither finished nor being deleted.
    public var isActive: Bool { !isFinished && !isBeingDeleted }
    public var isReady: Bool { condition("Ready")?.isTrue ?? false }

    public func condition(_ type: String) -> Condition? { Condition.find(type, in: status) }
}

/// An entry of a `status.conditions` list.
public struct Condition: Sendable {
    public let tree: Tree
    public init(_ tree: Tree) { self.tree = tree }

    public var type: String { tree["type"]?.string ?? "" }
    /// `True`, `False` or `Unknown`.
    public var status: String { tree["status"]?.string ?? "" }
    public var reason: String { tree["reason"]?.string ?? "" }
    public var message: String { tree["message"]?.string ?? "" }
    public var lastTransitionTime: Timestamp? { tree["lastTransitionTime"]?.string.flatMap { Timestamp($0) } }
    public var isTrue: Bool { status == "True" }

    /// The condition of that type in an object's status.
    public static func find(_ type: String, in status: Tree?) -> Condition? {
        status?.elements("conditions").first { $0["type"]?.string == type }.map(Condition.init)
    }
}
