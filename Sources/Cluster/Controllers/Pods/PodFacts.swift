import ClusterObjects

/// What several controllers need to know of a pod.
extension Pod {
    var isTerminating: Bool { isBeingDeleted && !isFinished }

    var readySince: Timestamp? {
        guard let ready = condition("Ready"), ready.isTrue else { return nil }
        return ready.lastTransitionTime
    }

    /// Ready for at least `seconds`.
    func isAvailable(after seconds: Int, at now: Timestamp) -> Bool {
        guard isReady else { return false }
        guard seconds > 0 else { return true }
        guard let since = readySince else { return false }
        return since + Double(seconds) <= now
    }

    /// Seconds until it will be available, when only time is missing.
    func availableIn(_ seconds: Int, at now: Timestamp) -> Double? {
        guard isReady, !isAvailable(after: seconds, at: now), let since = readySince else { return nil }
        return since + Double(seconds) - now
    }

    /// The most restarts of any container.
    var mostRestarts: Int {
        let all = containerStatuses + (status.map { Array($0.elements("initContainerStatuses")) } ?? [])
        return all.reduce(0) { max($0, $1["restartCount"]?.int ?? 0) }
    }

    var deletionCost: Int {
        annotations["controller.kubernetes.io/pod-deletion-cost"].flatMap { Int($0) } ?? 0
    }

    var eventSubject: EventSubject { EventSubject(object, apiVersion: "v1", kind: "Pod") }
}
