import ClusterClient
import ClusterObjects

/// What the two endpoint controllers share: which services a pod's change concerns, and what of a pod they publish.
enum ServicePods {
    static let headlessLabel = "service.kubernetes.io/headless"

    /// Services of the pod's namespace that select it, or did.
    static let watched = Watched(.pods) { old, new, cluster in
        guard let object = new ?? old else { return [] }
        if let old, let new, Facts(old) == Facts(new) { return [] }
        return cluster.objects(.services, in: object.namespace).filter { service in
            guard let selector = ServiceView(service).selector.map({ LabelSelector(matching: $0) }) else { return false }
            return [old, new].contains { $0.map { selector.matches($0.labels) } ?? false }
        }.map(\.key)
    }

    /// What of a pod matters to endpoints.
    private struct Facts: Equatable {
        var labels: [String: String]
        var address: String
        var phase: String
        var isReady: Bool
        var isBeingDeleted: Bool
        var node: String

        init(_ object: APIObject) {
            let pod = Pod(object)
            labels = object.labels
            address = pod.podIP
            phase = pod.phase
            isReady = pod.isReady
            isBeingDeleted = pod.isBeingDeleted
            node = pod.nodeName
        }
    }

    /// The pods a service selects that have an address and have not ended, in the order of their names.
    static func selected(by service: ServiceView, in cluster: any ClusterView) -> [Pod] {
        guard let labels = service.selector else { return [] }
        let selector = LabelSelector(matching: labels)
        return cluster.objects(.pods, in: service.namespace).map(Pod.init)
            .filter { selector.matches($0.labels) && !$0.podIP.isEmpty && !$0.isFinished }
            .sorted { $0.name < $1.name }
    }

    /// The port of the pod that a service's port means; nil when it names one the pod lacks.
    static func targetPort(_ port: Tree, of pod: Pod) -> Int? {
        let target = port["targetPort"]
        if let number = target?.int, number > 0 { return number }
        guard let name = target?.string, !name.isEmpty else { return port["port"]?.int }
        if let number = Int(name) { return number }
        let wanted = port["protocol"]?.string ?? "TCP"
        let containers = pod.containers + pod.initContainers.filter { $0["restartPolicy"]?.string == "Always" }
        for container in containers {
            for candidate in container.elements("ports")
            where candidate["name"]?.string == name && (candidate["protocol"]?.string ?? "TCP") == wanted {
                return candidate["containerPort"]?.int
            }
        }
        return nil
    }

    /// The name a pod has in the service's domain; nil for none of its own.
    static func hostname(of pod: Pod, in service: ServiceView) -> String? {
        guard let name = pod.spec?["hostname"]?.string, !name.isEmpty, pod.spec?["subdomain"]?.string == service.name else { return nil }
        return name
    }

    static func reference(_ pod: Pod) -> Value {
        ["kind": "Pod", "namespace": Value(pod.namespace), "name": Value(pod.name), "uid": Value(pod.uid)]
    }

    static func addresses(of pod: Pod) -> [String] {
        let all = pod.status.map { $0.elements("podIPs").compactMap { $0["ip"]?.string } } ?? []
        return all.isEmpty ? [pod.podIP] : all
    }
}
