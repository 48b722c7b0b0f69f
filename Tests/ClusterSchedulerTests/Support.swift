import ClusterClient
import ClusterObjects

@testable import ClusterScheduler

/// A cluster as a test says it is, and the scheduler's decisions on it.
struct TestCluster {
    var core = SchedulerCore()
    var now = Timestamp(seconds: 1_700_000_000)

    mutating func see(_ resource: GroupVersionResource, _ objects: Value...) {
        for object in objects { _ = core.observe(resource, WatchEvent(.added, APIObject(object)), at: now) }
    }

    mutating func forget(_ resource: GroupVersionResource, _ object: Value) {
        _ = core.observe(resource, WatchEvent(.deleted, APIObject(object)), at: now)
    }

    /// Decides on all that wait now.
    mutating func decide() -> [SchedulerCore.Action] {
        _ = core.tick(at: now)
        return core.next(1000, at: now)
    }

    /// What is decided on one new pod, in words: `bind n1`, or why not; victims after it.
    mutating func outcome(_ pod: Value) -> [String] {
        see(.pods, pod)
        return decide().map(\.words)
    }
}

extension SchedulerCore.Action {
    var words: String {
        switch self {
        case .bind(_, let node): "bind \(node)"
        case .bindVolumes(_, let node, let bindings): "volumes \(node) \(bindings.count)"
        case .report(_, let message, _): message
        case .evict(let pods, _, let node): "evict \(pods.map(\.key.name).joined(separator: ",")) from \(node)"
        case .reportGated: "gated"
        }
    }
}

enum Make {
    static func node(
        _ name: String, cpu: String = "4", memory: String = "8Gi", pods: Int = 110, labels: [String: String] = [:], taints: Value = [],
        unschedulable: Bool = false
    ) -> Value {
        let labels = labels.merging(["kubernetes.io/hostname": name]) { given, _ in given }
        return [
            "metadata": ["name": Value(name), "labels": Value(labels)], "spec": ["taints": taints, "unschedulable": Value(unschedulable)],
            "status": ["allocatable": ["cpu": Value(cpu), "memory": Value(memory), "pods": Value("\(pods)")]],
        ]
    }

    static func pod(
        _ name: String, cpu: String? = nil, memory: String? = nil, priority: Int = 0, node: String = "", labels: [String: String] = [:],
        spec more: Value = [:], owner: String = ""
    ) -> Value {
        var requests = Value.emptyObject
        if let cpu { requests["cpu"] = Value(cpu) }
        if let memory { requests["memory"] = Value(memory) }
        var spec: Value = [
            "containers": [["name": "c", "resources": ["requests": requests]]], "priority": Value(priority), "nodeName": Value(node),
            "schedulerName": "default-scheduler",
        ]
        for (key, value) in more.object ?? Fields() { spec[key] = value }
        var metadata: Value = ["name": Value(name), "namespace": "d", "uid": Value("uid-\(name)"), "labels": Value(labels)]
        if !owner.isEmpty { metadata["ownerReferences"] = [["uid": Value(owner), "controller": true, "kind": "ReplicaSet", "name": "r"]] }
        return ["metadata": metadata, "spec": spec, "status": ["phase": node.isEmpty ? "Pending" : "Running"]]
    }

    static func term(_ labels: [String: String], over key: String) -> Value {
        ["labelSelector": ["matchLabels": Value(labels)], "topologyKey": Value(key)]
    }
}
