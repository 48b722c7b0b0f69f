import ClusterObjects

/// The pods a Job makes.
struct JobPodTemplate {
    let job: Job

    /// - Parameters:
    ///   - index: of an indexed Job.
    ///   - previous: the failed pod whose place it takes, whose failures it goes on counting.
    func pod(index: Int?, after previous: JobPod?, rules: PodFailureRules) -> Value {
        let template = job.template?.value ?? .emptyObject
        let generateName = index.map { "\(job.name.prefix(58 - 2 - String($0).count))-\($0)-" }
        var pod = PodTemplate.pod(template, owner: job.object, apiVersion: "batch/v1", kind: "Job", generateName: generateName)
        let finalizers = pod[path: "metadata", "finalizers"]?.strings ?? []
        if !finalizers.contains(JobPod.finalizer) { pod[path: "metadata", "finalizers"] = Value(finalizers + [JobPod.finalizer]) }
        guard let index else { return pod }
        pod[path: "metadata", "annotations", JobPod.indexKey] = Value("\(index)")
        pod[path: "metadata", "labels", JobPod.indexKey] = Value("\(index)")
        pod[path: "spec", "hostname"] = Value("\(job.name)-\(index)")
        if job.backoffLimitPerIndex != nil {
            let counts = previous.map { rules.match($0.pod).counts } ?? false
            let ignores = previous != nil && !counts
            let failures = (previous?.failureCount ?? 0) + (counts ? 1 : 0)
            let ignored = (previous?.ignoredCount ?? 0) + (ignores ? 1 : 0)
            pod[path: "metadata", "annotations", JobPod.failureCountKey] = Value("\(failures)")
            if ignored > 0 { pod[path: "metadata", "annotations", JobPod.ignoredCountKey] = Value("\(ignored)") }
        }
        pod[path: "spec", "containers"] = withIndex(pod[path: "spec", "containers"])
        pod[path: "spec", "initContainers"] = withIndex(pod[path: "spec", "initContainers"])
        return pod
    }

    /// Every container learns its index, unless it says otherwise itself.
    private func withIndex(_ containers: Value?) -> Value? {
        guard let containers = containers?.array else { return containers }
        let name: Value = "JOB_COMPLETION_INDEX"
        return .array(
            containers.map { container in
                var environment = container["env"]?.array ?? []
                if environment.contains(where: { $0["name"] == name }) { return container }
                environment.append([
                    "name": name,
                    "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.labels['\(JobPod.indexKey)']")]],
                ])
                var container = container
                container["env"] = .array(environment)
                return container
            })
    }
}
