import ClusterAPI
import ClusterObjects

// Plugins that are off unless `--enable-admission-plugins` names them.

/// Does nothing.
struct AlwaysAdmit: AdmissionPlugin {
    let name = "AlwaysAdmit"
}

/// Refuses every change.
struct AlwaysDeny: AdmissionPlugin {
    let name = "AlwaysDeny"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) { throw refuse(request) }
    func validateDelete(_ object: Value, _ request: AdmissionRequest) throws(APIError) { throw refuse(request) }
    func validateSubresource(_ body: Tree, _ request: AdmissionRequest) throws(APIError) { throw refuse(request) }

    private func refuse(_ request: AdmissionRequest) -> APIError {
        .forbidden(request.target.resource.groupResource, request.target.name, "admission control is denying all modifications")
    }
}

/// Nothing is changed in a namespace that is absent.
struct NamespaceExists: AdmissionPlugin {
    let name = "NamespaceExists"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let namespaces = GroupResource("", "namespaces")
        let namespace = request.target.namespace
        guard !namespace.isEmpty, request.server.store.get(namespaces, namespace) == nil else { return }
        throw .notFound(namespaces, namespace)
    }
}

/// Pods keep away from each other by node, never by zone.
struct LimitPodHardAntiAffinityTopology: AdmissionPlugin {
    let name = "LimitPodHardAntiAffinityTopology"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "pods") else { return }
        let terms = object[path: "spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
        let allowed = "kubernetes.io/hostname"
        for term in terms {
            let key = term["topologyKey"]?.string ?? ""
            if key == allowed { continue }
            throw .forbidden(
                GroupResource("", "pods"), request.target.name,
                "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey \(key) but only key \(allowed) is allowed")
        }
    }
}

/// Who may start a pod must be able to pull its images.
struct AlwaysPullImages: AdmissionPlugin {
    let name = "AlwaysPullImages"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.target.resource.groupResource == GroupResource("", "pods"),
            ["", "ephemeralcontainers"].contains(request.target.subresource)
        else { return }
        for list in ["initContainers", "containers", "ephemeralContainers"] where object[path: "spec", list] != nil {
            let before = (old?[path: "spec", list]?.array ?? []).map { "\($0["name"]?.string ?? "")=\($0["image"]?.string ?? "")" }
            object["spec", default: .emptyObject][list, default: []].editElements { containers in
                for index in containers.indices {
                    let identity = "\(containers[index]["name"]?.string ?? "")=\(containers[index]["image"]?.string ?? "")"
                    // What has not changed may not change by the way either.
                    if !before.contains(identity) { containers[index]["imagePullPolicy"] = "Always" }
                }
            }
        }
    }
}

/// A pod that asks for devices tolerates the taint that keeps their nodes for such pods.
struct ExtendedResourceToleration: AdmissionPlugin {
    let name = "ExtendedResourceToleration"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "pods") else { return }
        var names: Set<String> = []
        for list in ["containers", "initContainers"] {
            for container in object[path: "spec", list]?.array ?? [] {
                names.formUnion((container[path: "resources", "requests"]?.stringMap ?? [:]).keys.filter { $0.isExtendedResource })
            }
        }
        var tolerations = object[path: "spec", "tolerations"]?.array ?? []
        let count = tolerations.count
        for name in names.sorted() {
            let toleration: Value = ["key": .string(name), "operator": "Exists", "effect": "NoSchedule"]
            if !tolerations.contains(toleration) { tolerations.append(toleration) }
        }
        if tolerations.count > count { object[path: "spec", "tolerations"] = .array(tolerations) }
    }
}

extension String {
    /// Whether a resource is none of Kubernetes' own.
    fileprivate var isExtendedResource: Bool { contains("/") && !contains("kubernetes.io/") && !hasPrefix("requests.") }
}

/// Services take no addresses that nobody gave them.
struct DenyServiceExternalIPs: AdmissionPlugin {
    let name = "DenyServiceExternalIPs"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "services") else { return }
        let before = old?[path: "spec", "externalIPs"]?.strings ?? []
        guard (object[path: "spec", "externalIPs"]?.strings ?? []).contains(where: { !before.contains($0) }) else { return }
        throw .forbidden(
            GroupResource("", "services"), request.target.name, "Use of external IPs is denied by admission control")
    }
}
