/// A ReplicaSet, or a ReplicationController, whose fields are the same but for the selector.
public struct ReplicaSet: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var replicas: Int { spec?["replicas"]?.int ?? 1 }
    public var minReadySeconds: Int { spec?["minReadySeconds"]?.int ?? 0 }
    public var template: Tree? { spec?["template"] }
    public var templateLabels: [String: String] { template?["metadata"]?["labels"]?.stringMap ?? [:] }
    /// A ReplicationController's selector is a plain map.
    public var selector: LabelSelector {
        guard let selector = spec?["selector"] else { return .nothing }
        if selector["matchLabels"] != nil || selector["matchExpressions"] != nil || object.kind == "ReplicaSet" {
            return LabelSelector(selector)
        }
        return LabelSelector(matching: selector.stringMap)
    }

    public var currentReplicas: Int { status?["replicas"]?.int ?? 0 }
    public var readyReplicas: Int { status?["readyReplicas"]?.int ?? 0 }
    public var availableReplicas: Int { status?["availableReplicas"]?.int ?? 0 }
    public var terminatingReplicas: Int? { status?["terminatingReplicas"]?.int }
    public var observedGeneration: Int { status?["observedGeneration"]?.int ?? 0 }
}
