import ClusterObjects

/// What objects use of what a ResourceQuota can limit. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core.
///
/// The same for the server, which admits by it, and for the controller, which counts by it.
public enum QuotaUsage {
    private static let pods = GroupResource("", "pods")
    private static let services = GroupResource("", "services")
    private static let claims = GroupResource("", "persistentvolumeclaims")
    private static let deviceClaims = GroupResource("resource.k8s.io", "resourceclaims")

    /// Plural names of the core group that are limits by themselves.
    private static let plain: Set<String> = [
        "services", "persistentvolumeclaims", "configmaps", "secrets", "replicationcontrollers", "resourcequotas",
    ]
    private static let storageClassSuffix = ".storageclass.storage.k8s.io/"
    private static let deviceClassSuffix = ".deviceclass.resource.k8s.io/devices"

    /// What is in `hard` that objects of a resource count against.
    public static func names(_ hard: some Sequence<String>, of resource: GroupResource) -> Set<String> {
        Set(hard.filter { counts($0, resource) })
    }

    private static func counts(_ name: String, _ resource: GroupResource) -> Bool {
        if name == "count/\(resource)" || (resource.group.isEmpty && plain.contains(name) && name == resource.resource) { return true }
        switch resource {
        case pods: return countsPods(name)
        case services: return name == "services.nodeports" || name == "services.loadbalancers"
        case claims:
            return ["requests.storage", "persistentvolumeclaims"].contains { name == $0 || name.hasSuffix(storageClassSuffix + $0) }
        case deviceClaims: return name.hasSuffix(deviceClassSuffix)
        default: return false
        }
    }

    private static func countsPods(_ name: String) -> Bool {
        if name == "pods" || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-") { return true }
        for computed in ["cpu", "memory", "ephemeral-storage"] {
            if name == computed || name == "requests.\(computed)" || name == "limits.\(computed)" { return true }
        }
        // Of what is not Kubernetes' own, only requests are limited.
        return name.hasPrefix("requests.") && name.contains("/") && !name.contains("kubernetes.io/")
            && !name.hasSuffix("requests.storage")
    }

    /// What one object uses. `object` has its defaults; `now` tells pods that should be gone by now.
    public static func of(_ object: Tree, _ resource: GroupResource, now: Timestamp) -> [String: Quantity] {
        var usage = ["count/\(resource)": Quantity(1)]
        if resource.group.isEmpty, plain.contains(resource.resource) { usage[resource.resource] = Quantity(1) }
        switch resource {
        case pods: usage.merge(ofPod(object, now)) { $1 }
        case services: usage.merge(ofService(object)) { $1 }
        case claims: usage.merge(ofClaim(object)) { $1 }
        case deviceClaims: usage.merge(ofDeviceClaim(object)) { $1 }
        default: break
        }
        return usage
    }

    // MARK: - Pods

    private static func ofPod(_ object: Tree, _ now: Timestamp) -> [String: Quantity] {
        guard usesNode(object, now), let spec = object["spec"] else { return [:] }
        return computed(requests: PodResources.requests(of: spec), limits: PodResources.limits(of: spec))
    }

    /// Not what has ended, nor what should have ended by now (its node may be lost).
    private static func usesNode(_ pod: Tree, _ now: Timestamp) -> Bool {
        let phase = pod[path: "status", "phase"]?.string
        if phase == "Failed" || phase == "Succeeded" { return false }
        guard let deletion = pod[path: "metadata", "deletionTimestamp"]?.string.flatMap({ Timestamp($0) }),
            let grace = pod[path: "metadata", "deletionGracePeriodSeconds"]?.int
        else { return true }
        return now <= deletion + Double(grace)
    }

    private static func computed(requests: [String: Quantity], limits: [String: Quantity]) -> [String: Quantity] {
        var usage = ["pods": Quantity(1)]
        for (name, amount) in requests {
            switch name {
            case "cpu", "memory", "ephemeral-storage":
                usage[name] = amount
                usage["requests.\(name)"] = amount
            case _ where name.hasPrefix("hugepages-"):
                usage[name] = amount
                usage["requests.\(name)"] = amount
            case _ where name.contains("/") && !name.contains("kubernetes.io/"): usage["requests.\(name)"] = amount
            default: break
            }
        }
        for name in ["cpu", "memory", "ephemeral-storage"] { usage["limits.\(name)"] = limits[name] }
        return usage
    }

    /// What a pod's containers must name, when a quota limits it: `cpu for: a,b; memory for: b`. Nil when nothing is missing.
    public static func missing(_ limited: Set<String>, in pod: Tree) -> String? {
        let required = limited.intersection(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"])
        if required.isEmpty { return nil }
        var containers: [String: Set<String>] = [:]
        for list in ["containers", "initContainers"] {
            for container in pod["spec"].map({ Array($0.elements(list)) }) ?? [] {
                let resources = container["resources"]
                let usage = computed(
                    requests: PodResources.quantities(resources?["requests"]), limits: PodResources.quantities(resources?["limits"]))
                for name in required where usage[name] == nil {
                    containers[name, default: []].insert(container["name"]?.string ?? "")
                }
            }
        }
        if containers.isEmpty { return nil }
        return containers.sorted { $0.key < $1.key }.map { "\($0.key) for: \($0.value.sorted().joined(separator: ","))" }
            .joined(separator: "; ")
    }

    // MARK: - Others

    private static func ofService(_ service: Tree) -> [String: Quantity] {
        let spec = service["spec"]
        let ports = spec.map { Array($0.elements("ports")) } ?? []
        var nodePorts = 0
        let type = spec?["type"]?.string
        if type == "NodePort" { nodePorts = ports.count }
        if type == "LoadBalancer" {
            // They are given out later: what counts is what is asked for.
            let allocates = spec?["allocateLoadBalancerNodePorts"]?.bool ?? true
            nodePorts = allocates ? ports.count : ports.count { ($0["nodePort"]?.int ?? 0) != 0 }
        }
        return ["services.nodeports": Quantity(nodePorts), "services.loadbalancers": Quantity(type == "LoadBalancer" ? 1 : 0)]
    }

    private static func ofClaim(_ claim: Tree) -> [String: Quantity] {
        let annotated = claim["metadata"]?["annotations"]?["volume.beta.kubernetes.io/storage-class"]?.string
        let className = annotated ?? claim[path: "spec", "storageClassName"]?.string ?? ""
        var usage: [String: Quantity] = [:]
        if !className.isEmpty { usage[className + storageClassSuffix + "persistentvolumeclaims"] = Quantity(1) }
        guard let asked = claim[path: "spec", "resources", "requests", "storage"]?.string.flatMap({ Quantity($0) }) else { return usage }
        let allocated = claim[path: "status", "allocatedResources", "storage"]?.string.flatMap { Quantity($0) } ?? .zero
        var storage = max(asked, allocated)
        if !storage.isWhole { storage = Quantity(storage.value, format: storage.format) }
        usage["requests.storage"] = storage
        if !className.isEmpty { usage[className + storageClassSuffix + "requests.storage"] = storage }
        return usage
    }

    /// Devices of every class; of alternatives the most that one asks for.
    private static func ofDeviceClaim(_ claim: Tree) -> [String: Quantity] {
        var usage: [String: Int] = [:]
        for request in claim["spec"]?["devices"].map({ Array($0.elements("requests")) }) ?? [] {
            var most: [String: Int] = [:]
            for alternative in [request["exactly"]].compactMap({ $0 }) + request.elements("firstAvailable") {
                guard let name = alternative["deviceClassName"]?.string else { continue }
                // All of a class: at most as many as a claim may hold.
                let count = alternative["allocationMode"]?.string == "All" ? 32 : alternative["count"]?.int ?? 1
                most[name] = max(most[name] ?? 0, min(max(count, 0), 1 << 32))
            }
            usage.merge(most) { $0 + $1 }
        }
        return Dictionary(uniqueKeysWithValues: usage.map { ($0.key + deviceClassSuffix, Quantity($0.value)) })
    }
}
