import ClusterAPI
import ClusterObjects

/// Nothing is created in a namespace that is absent or going; the namespaces that everything needs stay.
struct NamespaceLifecycle: AdmissionPlugin {
    let name = "NamespaceLifecycle"
    private static let immortal: Set<String> = ["default", "kube-system", "kube-public"]

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let target = request.target
        guard old == nil, target.resource.isNamespaced, !target.namespace.isEmpty else { return }
        let namespaces = GroupResource("", "namespaces")
        guard let namespace = try request.server.intact(namespaces, target.namespace) else {
            throw .notFound(namespaces, target.namespace)
        }
        guard namespace[path: "metadata", "deletionTimestamp"]?.string != nil else { return }
        var error = APIError.forbidden(
            target.resource.groupResource, target.name,
            "unable to create new content in namespace \(target.namespace) because it is being terminated")
        error.details?["causes"] = [
            [
                "reason": "NamespaceTerminating", "message": .string("namespace \(target.namespace) is being terminated"),
                "field": "metadata.namespace",
            ]
        ]
        throw error
    }

    func validateDelete(_ object: Value, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "namespaces"), NamespaceLifecycle.immortal.contains(request.target.name) else { return }
        throw .forbidden(GroupResource("", "namespaces"), request.target.name, "this namespace may not be deleted")
    }
}

/// Gives a new pod its service account and the token volume that programs look for.
struct ServiceAccountAdmission: AdmissionPlugin {
    let name = "ServiceAccount"
    private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.isAbout("", "pods") else { return }
        // A mirror of a static pod has no account.
        if object[path: "metadata", "annotations", "kubernetes.io/config.mirror"] != nil { return }
        if (object[path: "spec", "serviceAccountName"]?.string ?? "").isEmpty {
            object[path: "spec", "serviceAccountName"] = "default"
        }
        let account = object[path: "spec", "serviceAccountName"]?.string ?? "default"
        object[path: "spec", "serviceAccount"] = .string(account)
        let accounts = GroupResource("", "serviceaccounts")
        guard let stored = try request.server.intact(accounts, "\(request.target.namespace)/\(account)") else {
            throw .forbidden(
                GroupResource("", "pods"), request.target.name,
                "error looking up service account \(request.target.namespace)/\(account): serviceaccount \"\(account)\" not found")
        }
        if object[path: "spec", "imagePullSecrets"] == nil, let secrets = stored["imagePullSecrets"] {
            object[path: "spec", "imagePullSecrets"] = secrets.value
        }
        let wants = object[path: "spec", "automountServiceAccountToken"]?.bool ?? stored["automountServiceAccountToken"]?.bool ?? true
        if wants { mount(&object) }
    }

    private func mount(_ pod: inout Value) {
        let volume = "kube-api-access-\(Identifiers.suffix())"
        var mounted = false
        for list in ["initContainers", "containers"] where pod[path: "spec", list] != nil {
            pod["spec", default: .emptyObject][list, default: []].editElements { containers in
                for index in containers.indices {
                    var mounts = containers[index]["volumeMounts"]?.array ?? []
                    if mounts.contains(where: { $0["mountPath"]?.string == ServiceAccountAdmission.mountPath }) { continue }
                    mounts.append(
                        ["name": .string(volume), "readOnly": true, "mountPath": .string(ServiceAccountAdmission.mountPath)])
                    containers[index]["volumeMounts"] = .array(mounts)
                    mounted = true
                }
            }
        }
        guard mounted else { return }
        let source: Value = [
            "name": .string(volume),
            "projected": [
                "defaultMode": 420,
                "sources": [
                    ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
                    ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
                    [
                        "downwardAPI": [
                            "items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]
                        ]
                    ],
                ],
            ],
        ]
        pod["spec", default: .emptyObject]["volumes", default: []].editElements { $0.append(source) }
    }
}

/// A new node takes no pods until node lifecycle has seen it ready.
struct TaintNodesByCondition: AdmissionPlugin {
    let name = "TaintNodesByCondition"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.isAbout("", "nodes") else { return }
        var taints = object[path: "spec", "taints"]?.array ?? []
        let key = "node.kubernetes.io/not-ready"
        if taints.contains(where: { $0["key"]?.string == key && $0["effect"]?.string == "NoSchedule" }) { return }
        taints.append(["key": .string(key), "effect": "NoSchedule"])
        object[path: "spec", "taints"] = .array(taints)
    }
}

/// Resolves a new pod's priority class.
struct PriorityAdmission: AdmissionPlugin {
    let name = "Priority"
    private static let classes = GroupResource("scheduling.k8s.io", "priorityclasses")

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "pods") else { return }
        if let old {
            // What was resolved at creation stays.
            for field in ["priority", "preemptionPolicy"] where object[path: "spec", field] == nil {
                if let value = old[path: "spec", field] { object[path: "spec", field] = value }
            }
            return
        }
        var priority = 0
        var policy = "PreemptLowerPriority"
        let asked = object[path: "spec", "priorityClassName"]?.string ?? ""
        if asked.isEmpty {
            if let preset = try defaultClass(request) {
                object[path: "spec", "priorityClassName"] = .string(preset[path: "metadata", "name"]?.string ?? "")
                priority = preset["value"]?.int ?? 0
                policy = preset["preemptionPolicy"]?.string ?? policy
            }
        } else {
            guard let stored = try request.server.intact(PriorityAdmission.classes, asked) else {
                throw .forbidden(
                    GroupResource("", "pods"), request.target.name, "no PriorityClass with name \(asked) was found")
            }
            priority = stored["value"]?.int ?? 0
            policy = stored["preemptionPolicy"]?.string ?? policy
        }
        if let given = object[path: "spec", "priority"]?.int, given != priority {
            throw .forbidden(
                GroupResource("", "pods"), request.target.name,
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller computed \(priority) from the given PriorityClass name"
            )
        }
        if let given = object[path: "spec", "preemptionPolicy"]?.string, given != policy {
            throw .forbidden(
                GroupResource("", "pods"), request.target.name,
                "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; priority admission controller computed \(policy) from the given PriorityClass name"
            )
        }
        object[path: "spec", "priority"] = Value(priority)
        object[path: "spec", "preemptionPolicy"] = .string(policy)
    }

    private func defaultClass(_ request: AdmissionRequest) throws(APIError) -> Tree? {
        try request.server.intact(PriorityAdmission.classes).filter { $0["globalDefault"]?.bool == true }
            .max { ($0["value"]?.int ?? 0) < ($1["value"]?.int ?? 0) }
    }
}

/// Pods stay five minutes on a node that is lost, unless they say otherwise.
struct DefaultTolerationSeconds: AdmissionPlugin {
    let name = "DefaultTolerationSeconds"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "pods") else { return }
        var tolerations = object[path: "spec", "tolerations"]?.array ?? []
        let count = tolerations.count
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                let own = toleration["key"]?.string ?? ""
                let effect = toleration["effect"]?.string ?? ""
                return (own == key || own.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if isTolerated { continue }
            tolerations.append(["key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300])
        }
        if tolerations.count > count { object[path: "spec", "tolerations"] = .array(tolerations) }
    }
}

/// A new claim without a class gets the default one.
struct DefaultStorageClass: AdmissionPlugin {
    let name = "DefaultStorageClass"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.isAbout("", "persistentvolumeclaims"), object[path: "spec", "storageClassName"] == nil,
            let preset = try DefaultClass.find(
                GroupResource("storage.k8s.io", "storageclasses"), "storageclass.kubernetes.io/is-default-class", request)
        else { return }
        object[path: "spec", "storageClassName"] = .string(preset)
    }
}

/// A new ingress without a class gets the default one.
struct DefaultIngressClass: AdmissionPlugin {
    let name = "DefaultIngressClass"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.isAbout("networking.k8s.io", "ingresses"), object[path: "spec", "ingressClassName"] == nil,
            object[path: "metadata", "annotations", "kubernetes.io/ingress.class"] == nil,
            let preset = try DefaultClass.find(
                GroupResource("networking.k8s.io", "ingressclasses"), "ingressclass.kubernetes.io/is-default-class", request)
        else { return }
        object[path: "spec", "ingressClassName"] = .string(preset)
    }
}

/// The class annotated as default, of several the newest.
enum DefaultClass {
    static func find(_ collection: GroupResource, _ annotation: String, _ request: AdmissionRequest) throws(APIError) -> String? {
        var found: (name: String, created: String)?
        for object in try request.server.intact(collection) {
            let metadata = object["metadata"]
            guard metadata?[path: "annotations", annotation]?.string == "true" else { continue }
            let created = metadata?["creationTimestamp"]?.string ?? ""
            if found.map({ $0.created < created }) ?? true { found = (metadata?["name"]?.string ?? "", created) }
        }
        return found?.name
    }
}

/// Claims and volumes go only when nothing uses them any more.
struct StorageObjectInUseProtection: AdmissionPlugin {
    let name = "StorageObjectInUseProtection"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil else { return }
        let finalizer: String
        if request.isAbout("", "persistentvolumeclaims") {
            finalizer = "kubernetes.io/pvc-protection"
        } else if request.isAbout("", "persistentvolumes") {
            finalizer = "kubernetes.io/pv-protection"
        } else {
            return
        }
        var finalizers = object[path: "metadata", "finalizers"]?.strings ?? []
        if finalizers.contains(finalizer) { return }
        finalizers.append(finalizer)
        object[path: "metadata", "finalizers"] = Value(finalizers)
    }
}

/// Takes overhead and scheduling constraints from a new pod's runtime class.
struct RuntimeClassAdmission: AdmissionPlugin {
    let name = "RuntimeClass"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.isAbout("", "pods"), let wanted = object[path: "spec", "runtimeClassName"]?.string else { return }
        let pods = GroupResource("", "pods")
        guard let runtimeClass = try request.server.intact(GroupResource("node.k8s.io", "runtimeclasses"), wanted) else {
            throw .forbidden(
                pods, request.target.name, "pod rejected: RuntimeClass \"\(wanted)\" not found")
        }
        if let overhead = runtimeClass[path: "overhead", "podFixed"]?.value {
            if let given = object[path: "spec", "overhead"], given != overhead {
                throw .forbidden(
                    pods, request.target.name,
                    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
            object[path: "spec", "overhead"] = overhead
        }
        for (key, value) in runtimeClass[path: "scheduling", "nodeSelector"]?.stringMap ?? [:] {
            if let given = object[path: "spec", "nodeSelector", key]?.string, given != value {
                throw .forbidden(
                    pods, request.target.name,
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value), pod.spec.nodeSelector[\(key)] = \(given)")
            }
            object[path: "spec", "nodeSelector", key] = .string(value)
        }
        if let tolerations = runtimeClass[path: "scheduling", "tolerations"] {
            var all = object[path: "spec", "tolerations"]?.array ?? []
            for toleration in tolerations.elements.map(\.value) where !all.contains(toleration) { all.append(toleration) }
            object[path: "spec", "tolerations"] = .array(all)
        }
    }
}

/// A pod carries the zone and region of its node, for its downward API.
struct PodTopologyLabels: AdmissionPlugin {
    let name = "PodTopologyLabels"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard request.isAbout("", "pods"), let node = object[path: "spec", "nodeName"]?.string, !node.isEmpty,
            old?[path: "spec", "nodeName"]?.string ?? "" != node,
            let stored = try request.server.intact(GroupResource("", "nodes"), node)
        else { return }
        let labels = stored[path: "metadata", "labels"]
        for key in ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] {
            if let value = labels?[key]?.string { object[path: "metadata", "labels", key] = .string(value) }
        }
    }
}
