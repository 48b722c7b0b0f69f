/// A node, as the scheduler and node lifecycle read it.
public struct Node: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var isUnschedulable: Bool { spec?["unschedulable"]?.bool ?? false }
    public var taints: [Tree] { spec.map { Array($0.elements("taints")) } ?? [] }
    public var podCIDR: String { spec?["podCIDR"]?.string ?? "" }
    public var isReady: Bool { Condition.find("Ready", in: status)?.isTrue ?? false }

    public var allocatable: [String: Quantity] {
        (status?["allocatable"]?.stringMap ?? [:]).compactMapValues { Quantity($0) }
    }
}
