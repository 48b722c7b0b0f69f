import ClusterClient
import ClusterObjects

/// How much of what a ResourceQuota limits a namespace uses.
struct QuotaUsage {
    let quota: APIObject
    let cluster: any ClusterView

    /// Resources that can be counted as `count/PLURAL.GROUP`.
    static let counted: [GroupVersionResource] = [
        .pods, .services, .persistentVolumeClaims, .configMaps, .secrets, .replicationControllers, .resourceQuotas, .deployments,
        .replicaSets, .statefulSets, .daemonSets, .jobs, .cronJobs,
    ]
    /// Plural names that are limits by themselves.
    private static let plain: Set<String> = [
        "services", "persistentvolumeclaims", "configmaps", "secrets", "replicationcontrollers", "resourcequotas",
    ]

    /// What is used of a limit; nil when it is none that is known.
    func used(_ name: String) -> Quantity? {
        if name.hasPrefix("count/") {
            let wanted = name.dropFirst("count/".count)
            guard let resource = Self.counted.first(where: { ($0.group.isEmpty ? $0.resource : "\($0.resource).\($0.group)") == wanted })
            else { return nil }
            return Quantity(resource == .pods ? scoped.count : count(resource))
        }
        if Self.plain.contains(name), let resource = Self.counted.first(where: { $0.resource == name }) { return Quantity(count(resource)) }
        switch name {
        case "pods": return Quantity(pods.count)
        case "services.nodeports", "services.loadbalancers": return services(name)
        case "requests.storage": return storage(className: nil)
        default: break
        }
        if let suffix = name.range(ofSuffix: ".storageclass.storage.k8s.io/requests.storage") { return storage(className: suffix) }
        if let suffix = name.range(ofSuffix: ".storageclass.storage.k8s.io/persistentvolumeclaims") {
            return Quantity(claims(className: suffix).count)
        }
        if name.hasPrefix("limits.") { return pods.reduce(.zero) { $0 + demand($1, "limits", String(name.dropFirst(7))) } }
        let plain = name.hasPrefix("requests.") ? String(name.dropFirst(9)) : name
        guard name.hasPrefix("requests.") || ["cpu", "memory", "ephemeral-storage"].contains(name) else { return nil }
        return pods.reduce(.zero) { $0 + demand($1, "requests", plain) }
    }

    private func count(_ resource: GroupVersionResource) -> Int { cluster.objects(resource, in: quota.namespace).count }

    private var scoped: [Pod] {
        let scope = QuotaScope(quota: quota)
        return cluster.objects(.pods, in: quota.namespace).map(Pod.init).filter(scope.includes)
    }

    /// Pods that still use something.
    private var pods: [Pod] { scoped.filter { !$0.isFinished } }

    /// Of a pod: its containers together or its greediest init container, sidecars with both.
    private func demand(_ pod: Pod, _ list: String, _ name: String) -> Quantity {
        func amount(_ container: Tree) -> Quantity { container["resources"]?[list]?[name]?.string.flatMap { Quantity($0) } ?? .zero }
        var sidecars = Quantity.zero
        var peak = Quantity.zero
        for container in pod.initContainers {
            if container["restartPolicy"]?.string == "Always" {
                sidecars += amount(container)
                peak = max(peak, sidecars)
            } else {
                peak = max(peak, sidecars + amount(container))
            }
        }
        let overhead = list == "requests" ? pod.spec?["overhead"]?[name]?.string.flatMap { Quantity($0) } ?? .zero : .zero
        return max(pod.containers.reduce(sidecars) { $0 + amount($1) }, peak) + overhead
    }

    private func services(_ name: String) -> Quantity {
        let services = cluster.objects(.services, in: quota.namespace).map(ServiceView.init)
        guard name == "services.nodeports" else { return Quantity(services.count { $0.type == "LoadBalancer" }) }
        return Quantity(
            services.reduce(0) { sum, service in
                switch service.type {
                case "NodePort": sum + service.ports.count
                case "LoadBalancer": sum + service.ports.count { ($0["nodePort"]?.int ?? 0) > 0 }
                default: sum
                }
            })
    }

    private func claims(className: String?) -> [APIObject] {
        cluster.objects(.persistentVolumeClaims, in: quota.namespace).filter {
            className == nil || $0.spec?["storageClassName"]?.string == className
        }
    }

    private func storage(className: String?) -> Quantity {
        claims(className: className).reduce(.zero) {
            $0 + ($1.spec?["resources"]?["requests"]?["storage"]?.string.flatMap { Quantity($0) } ?? .zero)
        }
    }
}

extension String {
    /// What stands before a suffix; nil without it.
    fileprivate func range(ofSuffix suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }
}
