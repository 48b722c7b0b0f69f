import ClusterObjects

/// When workloads are what they should be: all replicas updated, available and no old ones left; a job that has ended well.
enum WorkloadHealth {
    static func deployment(_ object: APIObject) -> Health {
        if let progressing = Health.condition(object, "Progressing"), progressing["reason"]?.string == "ProgressDeadlineExceeded" {
            return Health(.failed, Health.said(progressing, "its roll-out has exceeded its deadline"))
        }
        guard object.status?["observedGeneration"]?.int != nil else {
            return Health(.inProgress, "its controller has not looked at it yet")
        }
        let wanted = object.spec?["replicas"]?.int ?? 1
        let status = Counts(object)
        let updated = status["updatedReplicas"]
        if updated < wanted { return Health(.inProgress, "\(updated) of \(wanted) pods are of the new version") }
        if status["replicas"] > updated { return Health(.inProgress, "\(status["replicas"] - updated) old pods are still there") }
        return ready(status["availableReplicas"], wanted, "available")
    }

    static func replicaSet(_ object: APIObject) -> Health {
        if let failure = Health.condition(object, "ReplicaFailure"), failure["status"]?.string == "True" {
            return Health(.failed, Health.said(failure, "its pods cannot be made"))
        }
        let wanted = object.spec?["replicas"]?.int ?? 1
        let status = Counts(object)
        if status["replicas"] > wanted { return Health(.inProgress, "\(status["replicas"] - wanted) pods are too many") }
        return ready(status["availableReplicas"], wanted, "available")
    }

    static func statefulSet(_ object: APIObject) -> Health {
        let wanted = object.spec?["replicas"]?.int ?? 1
        let status = Counts(object)
        guard object.spec?["updateStrategy"]?["type"]?.string != "OnDelete" else { return Health(.current) }
        if status["readyReplicas"] < wanted { return ready(status["readyReplicas"], wanted, "ready") }
        let partition = object.spec?["updateStrategy"]?["rollingUpdate"]?["partition"]?.int ?? 0
        let updated = status["updatedReplicas"]
        if updated < wanted - partition { return Health(.inProgress, "\(updated) of \(wanted - partition) pods are of the new version") }
        return Health(.current)
    }

    static func daemonSet(_ object: APIObject) -> Health {
        guard object.status?["observedGeneration"]?.int != nil else {
            return Health(.inProgress, "its controller has not looked at it yet")
        }
        let status = Counts(object)
        let wanted = status["desiredNumberScheduled"]
        let updated = status["updatedNumberScheduled"]
        if updated < wanted { return Health(.inProgress, "\(updated) of \(wanted) pods are of the new version") }
        return ready(status["numberAvailable"], wanted, "available")
    }

    /// A job that runs is as it should be; one that failed is not.
    static func job(_ object: APIObject) -> Health {
        if let failed = Health.condition(object, "Failed"), failed["status"]?.string == "True" {
            return Health(.failed, Health.said(failed, "it has failed"))
        }
        if Health.isTrue(object, "Complete") || Health.isTrue(object, "Suspended") { return Health(.current) }
        return object.status?["startTime"]?.string == nil ? Health(.inProgress, "it has not started yet") : Health(.current)
    }

    static func pod(_ object: APIObject) -> Health {
        switch object.status?["phase"]?.string ?? "" {
        case "Succeeded": return Health(.current)
        case "Failed": return Health(.failed, object.status?["message"]?.string ?? "it has failed")
        default: break
        }
        for container in object.status?.elements("containerStatuses") ?? Tree.noElements {
            guard let waiting = container["state"]?["waiting"], let reason = waiting["reason"]?.string else { continue }
            if ["CrashLoopBackOff", "ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"].contains(reason) {
                let text = waiting["message"]?.string.map { ": \($0)" } ?? ""
                return Health(.failed, "container \(container["name"]?.string ?? "?") is in \(reason)\(text)")
            }
        }
        if let reason = Health.refused(object, "PodScheduled") { return Health(.inProgress, reason) }
        return Health.isTrue(object, "Ready") ? Health(.current) : Health(.inProgress, "it is not ready")
    }

    private static func ready(_ count: Int, _ wanted: Int, _ word: String) -> Health {
        count >= wanted ? Health(.current) : Health(.inProgress, "\(count) of \(wanted) pods are \(word)")
    }

    /// Numbers of a status, absent ones as 0.
    private struct Counts {
        let status: Tree?
        init(_ object: APIObject) { status = object.status }
        subscript(name: String) -> Int { status?[name]?.int ?? 0 }
    }
}
