import ClusterObjects

/// Whether an object has become what it should be, by its own status. The rules are those of kstatus
/// (sigs.k8s.io/cli-utils, pkg/kstatus): generation observed, then what each kind says; pure.
public struct Health: Sendable, Hashable {
    public enum State: String, Sendable {
        case current = "Current"
        case inProgress = "InProgress"
        case failed = "Failed"
        case terminating = "Terminating"
        case notFound = "NotFound"
    }

    public var state: State
    /// In plain words; empty when all is well.
    public var reason: String

    public init(_ state: State, _ reason: String = "") {
        self.state = state
        self.reason = reason
    }

    public static func of(_ object: APIObject?) -> Health {
        guard let object else { return Health(.notFound, "it is not there") }
        if object.isBeingDeleted { return Health(.terminating, "it is being deleted") }
        if let observed = object.status?["observedGeneration"]?.int, observed < object.generation {
            return Health(.inProgress, "its controller has not looked at the last change yet")
        }
        switch object.kind {
        case "Deployment": return WorkloadHealth.deployment(object)
        case "ReplicaSet", "ReplicationController": return WorkloadHealth.replicaSet(object)
        case "StatefulSet": return WorkloadHealth.statefulSet(object)
        case "DaemonSet": return WorkloadHealth.daemonSet(object)
        case "Job": return WorkloadHealth.job(object)
        case "Pod": return WorkloadHealth.pod(object)
        case "PersistentVolumeClaim":
            let phase = object.status?["phase"]?.string ?? "unknown"
            return phase == "Bound" ? Health(.current) : Health(.inProgress, "the claim is \(phase)")
        case "CustomResourceDefinition":
            if let reason = refused(object, "NamesAccepted") { return Health(.failed, reason) }
            return isTrue(object, "Established") ? Health(.current) : Health(.inProgress, "its kind is not served yet")
        case "Service": return service(object)
        default: return generic(object)
        }
    }

    private static func service(_ object: APIObject) -> Health {
        guard object.spec?["type"]?.string == "LoadBalancer" else { return Health(.current) }
        let ready = object.status?["loadBalancer"]?["ingress"]?.count ?? 0 > 0
        return ready ? Health(.current) : Health(.inProgress, "it has no outside address yet")
    }

    /// Kinds of others: their `Ready`, `Stalled` and `Reconciling` conditions, where they have them.
    private static func generic(_ object: APIObject) -> Health {
        if let stalled = condition(object, "Stalled"), stalled["status"]?.string == "True" {
            return Health(.failed, said(stalled, "it is stalled"))
        }
        if let reconciling = condition(object, "Reconciling"), reconciling["status"]?.string == "True" {
            return Health(.inProgress, said(reconciling, "its controller is at work"))
        }
        if let ready = condition(object, "Ready"), ready["status"]?.string != "True" {
            return Health(.inProgress, said(ready, "it is not ready"))
        }
        return Health(.current)
    }

    static func condition(_ object: APIObject, _ type: String) -> Tree? {
        object.status?.elements("conditions").first { $0["type"]?.string == type }
    }

    static func isTrue(_ object: APIObject, _ type: String) -> Bool { condition(object, type)?["status"]?.string == "True" }

    /// A condition that is False, in its own words.
    static func refused(_ object: APIObject, _ type: String) -> String? {
        guard let condition = condition(object, type), condition["status"]?.string == "False" else { return nil }
        return said(condition, "\(type) is false")
    }

    static func said(_ condition: Tree, _ otherwise: String) -> String {
        [condition["message"]?.string, condition["reason"]?.string].compactMap { $0 }.first { !$0.isEmpty } ?? otherwise
    }
}
