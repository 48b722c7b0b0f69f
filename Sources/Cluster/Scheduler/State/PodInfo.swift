import ClusterObjects

/// A pod as the scheduler needs it: read once, when it is first seen.
final class PodInfo: Sendable {
    let object: APIObject
    let key: ObjectKey
    let uid: String
    let labels: [String: String]
    let nodeName: String
    let priority: Int
    let preempts: Bool
    let requests: Resources
    /// For scoring: as if every container asked for something.
    let estimated: Resources
    let ports: [HostPort]
    let tolerations: [Toleration]
    let nodeSelector: [String: String]
    /// Nil: any node.
    let nodeTerms: [NodeTerm]?
    /// The names of the only nodes its affinity allows; nil when it does not go by name.
    let onlyNodes: Set<String>?
    let preferredNodeTerms: [(term: NodeTerm, weight: Int)]
    let affinity: [PodTerm]
    let antiAffinity: [PodTerm]
    let preferred: [PodTerm]
    let preferredAgainst: [PodTerm]
    let spread: [SpreadConstraint]
    let claims: [String]
    /// Of its claims, those that are made for it alone.
    let ownClaims: Set<String>
    let ownerUID: String
    let isTerminating: Bool
    let isGated: Bool
    let nominatedNode: String
    let schedulerName: String
    let startTime: Timestamp
    let created: Timestamp

    init(_ object: APIObject) {
        let pod = Pod(object)
        let spec = object.spec
        self.object = object
        key = object.key
        uid = object.uid
        labels = object.labels
        nodeName = pod.nodeName
        priority = pod.priority
        preempts = spec?["preemptionPolicy"]?.string != "Never"
        requests = Resources.requests(of: pod)
        estimated = Resources.requests(of: pod, nonZero: true)
        let containers = pod.containers + pod.initContainers.filter { $0["restartPolicy"]?.string == "Always" }
        ports = containers.flatMap { container in
            container.elements("ports").compactMap { port in
                guard let number = port["hostPort"]?.int, number > 0 else { return nil }
                let address = port["hostIP"]?.string ?? ""
                return HostPort(port: number, protocol: port["protocol"]?.string ?? "TCP", address: address == "0.0.0.0" ? "" : address)
            }
        }
        tolerations = pod.tolerations.map(Toleration.init)
        nodeSelector = spec?["nodeSelector"]?.stringMap ?? [:]
        let affinityTree = spec?["affinity"]
        let nodeAffinity = affinityTree?["nodeAffinity"]
        nodeTerms = NodeTerm.alternatives(nodeAffinity?["requiredDuringSchedulingIgnoredDuringExecution"])
        onlyNodes = NodeTerm.names(nodeTerms)
        preferredNodeTerms =
            nodeAffinity?.elements("preferredDuringSchedulingIgnoredDuringExecution").compactMap { tree in
                tree["preference"].map { (NodeTerm($0), tree["weight"]?.int ?? 0) }
            } ?? []
        affinity = PodTerm.required(affinityTree?["podAffinity"], namespace: object.namespace)
        antiAffinity = PodTerm.required(affinityTree?["podAntiAffinity"], namespace: object.namespace)
        preferred = PodTerm.preferred(affinityTree?["podAffinity"], namespace: object.namespace)
        preferredAgainst = PodTerm.preferred(affinityTree?["podAntiAffinity"], namespace: object.namespace)
        spread = spec?.elements("topologySpreadConstraints").map(SpreadConstraint.init) ?? []
        let own = pod.volumes.filter { $0["ephemeral"] != nil }.map { "\(object.name)-\($0["name"]?.string ?? "")" }
        claims = pod.volumes.compactMap { $0["persistentVolumeClaim"]?["claimName"]?.string } + own
        ownClaims = Set(own)
        ownerUID = object.controller?.uid ?? ""
        isTerminating = object.isBeingDeleted
        isGated = spec?.elements("schedulingGates").contains { _ in true } ?? false
        nominatedNode = object.status?["nominatedNodeName"]?.string ?? ""
        schedulerName = spec?["schedulerName"]?.string ?? "default-scheduler"
        created = object.creationTimestamp ?? Timestamp(microseconds: 0)
        startTime = pod.startTime ?? created
    }

    var isFinished: Bool { Pod(object).isFinished }
    var hasPodTerms: Bool { !affinity.isEmpty || !antiAffinity.isEmpty || !preferred.isEmpty || !preferredAgainst.isEmpty }

    func tolerates(_ taint: Taint) -> Bool { tolerations.contains { $0.tolerates(taint) } }

    /// Its node selector and required node affinity.
    func accepts(_ node: NodeState) -> Bool {
        for (label, value) in nodeSelector where node.labels[label] != value { return false }
        return nodeTerms?.contains { $0.matches(node.labels, name: node.name) } ?? true
    }
}
