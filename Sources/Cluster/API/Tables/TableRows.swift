import ClusterObjects

/// How a row of each kind is made: a function from the object to its cells, the name first.
enum TableRows {
    typealias Cells = @Sendable (_ object: Tree, _ now: Timestamp) -> [Value]

    static func cells(of resource: Resource) -> Cells {
        if resource.isCustom || resource.columns.contains(where: { !$0.jsonPath.isEmpty }) { return custom(resource.tableColumns) }
        let key = resource.groupResource
        if let row = afterName[key] { return { object, now in [.string(name(object))] + row(object, now) } }
        if let row = whole[key] { return row }
        return { object, _ in [.string(name(object)), .string(object[path: "metadata", "creationTimestamp"]?.string ?? CellTexts.unknown)] }
    }

    static func name(_ object: Tree) -> String { object[path: "metadata", "name"]?.string ?? "" }
    static func age(_ object: Tree, _ now: Timestamp) -> Value {
        .string(HumanDuration.age(object[path: "metadata", "creationTimestamp"], now: now))
    }

    /// Kinds whose name is not the first cell, or not as it is.
    private static let whole: [GroupResource: Cells] = [
        GroupResource("", "events"): EventRow.cells, GroupResource("events.k8s.io", "events"): EventRow.cells,
        GroupResource("storage.k8s.io", "storageclasses"): StorageRows.storageClass,
        GroupResource("storage.k8s.io", "volumeattributesclasses"): StorageRows.volumeAttributesClass,
    ]

    /// The cells after the name.
    private static let afterName: [GroupResource: Cells] = [
        GroupResource("", "pods"): PodRow.cells,
        GroupResource("", "nodes"): CoreRows.node,
        GroupResource("", "services"): NetworkRows.service,
        GroupResource("", "endpoints"): NetworkRows.endpoints,
        GroupResource("", "namespaces"): { [.string($0["status"]?.text("phase") ?? ""), age($0, $1)] },
        GroupResource("", "configmaps"): { [Value(size($0, "data") + size($0, "binaryData")), age($0, $1)] },
        GroupResource("", "secrets"): { [.string($0.text("type")), Value(size($0, "data")), age($0, $1)] },
        GroupResource("", "serviceaccounts"): { [age($0, $1)] },
        GroupResource("", "resourcequotas"): CoreRows.resourceQuota,
        GroupResource("", "podtemplates"): { object, _ in
            CellTexts.containers(object[path: "template", "spec"])
                + [.string(CellTexts.labels(object[path: "template", "metadata", "labels"]))]
        },
        GroupResource("", "replicationcontrollers"): WorkloadRows.replicationController,
        GroupResource("", "persistentvolumes"): StorageRows.volume,
        GroupResource("", "persistentvolumeclaims"): StorageRows.claim,
        GroupResource("apps", "deployments"): WorkloadRows.deployment,
        GroupResource("apps", "replicasets"): WorkloadRows.replicaSet,
        GroupResource("apps", "daemonsets"): WorkloadRows.daemonSet,
        GroupResource("apps", "statefulsets"): WorkloadRows.statefulSet,
        GroupResource("apps", "controllerrevisions"): {
            [.string(CellTexts.controller($0)), Value($0.number("revision")), age($0, $1)]
        },
        GroupResource("batch", "jobs"): WorkloadRows.job,
        GroupResource("batch", "cronjobs"): WorkloadRows.cronJob,
        GroupResource("autoscaling", "horizontalpodautoscalers"): AutoscalerRow.cells,
        GroupResource("policy", "poddisruptionbudgets"): { object, now in
            let spec = object["spec"]
            return [
                .string(spec?.scalar("minAvailable") ?? "N/A"), .string(spec?.scalar("maxUnavailable") ?? "N/A"),
                Value(object["status"]?.number("disruptionsAllowed") ?? 0), age(object, now),
            ]
        },
        GroupResource("networking.k8s.io", "ingresses"): NetworkRows.ingress,
        GroupResource("networking.k8s.io", "ingressclasses"): NetworkRows.ingressClass,
        GroupResource("networking.k8s.io", "networkpolicies"): {
            [.string(CellTexts.selector($0[path: "spec", "podSelector"])), age($0, $1)]
        },
        GroupResource("networking.k8s.io", "ipaddresses"): NetworkRows.address,
        GroupResource("networking.k8s.io", "servicecidrs"): {
            [.string(($0[path: "spec", "cidrs"]?.strings ?? []).joined(separator: ",")), age($0, $1)]
        },
        GroupResource("discovery.k8s.io", "endpointslices"): NetworkRows.endpointSlice,
        GroupResource("rbac.authorization.k8s.io", "rolebindings"): AccessRows.binding,
        GroupResource("rbac.authorization.k8s.io", "clusterrolebindings"): AccessRows.binding,
        GroupResource("certificates.k8s.io", "certificatesigningrequests"): AccessRows.certificateSigningRequest,
        GroupResource("storage.k8s.io", "csinodes"): { [Value(length($0["spec"], "drivers")), age($0, $1)] },
        GroupResource("storage.k8s.io", "csidrivers"): StorageRows.driver,
        GroupResource("storage.k8s.io", "volumeattachments"): StorageRows.attachment,
        GroupResource("scheduling.k8s.io", "priorityclasses"): {
            [
                Value($0.number("value")), .bool($0["globalDefault"]?.bool ?? false), age($0, $1),
                .string($0.text("preemptionPolicy")),
            ]
        },
        GroupResource("coordination.k8s.io", "leases"): { [.string($0["spec"]?.text("holderIdentity") ?? ""), age($0, $1)] },
        GroupResource("node.k8s.io", "runtimeclasses"): { [.string($0.text("handler")), age($0, $1)] },
        GroupResource("apiregistration.k8s.io", "apiservices"): AccessRows.service,
        GroupResource("admissionregistration.k8s.io", "validatingwebhookconfigurations"): {
            [Value(length($0, "webhooks")), age($0, $1)]
        },
        GroupResource("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): {
            [Value(length($0, "webhooks")), age($0, $1)]
        },
        GroupResource("admissionregistration.k8s.io", "validatingadmissionpolicies"): { AccessRows.policy($0, "validations", $1) },
        GroupResource("admissionregistration.k8s.io", "mutatingadmissionpolicies"): { AccessRows.policy($0, "mutations", $1) },
        GroupResource("admissionregistration.k8s.io", "validatingadmissionpolicybindings"): AccessRows.policyBinding,
        GroupResource("admissionregistration.k8s.io", "mutatingadmissionpolicybindings"): AccessRows.policyBinding,
    ]

    private static func size(_ object: Tree, _ key: String) -> Int { object[key]?.count ?? 0 }
    private static func length(_ object: Tree?, _ key: String) -> Int { object?[key]?.count ?? 0 }

    private static func custom(_ columns: [TableColumn]) -> Cells {
        let paths = columns.map { JSONPath($0.jsonPath) }
        return { object, now in
            zip(columns, paths).map { column, path in
                if column.format == "name", column.name == "Name" { return .string(name(object)) }
                return CustomCell.value(path?.first(in: object), column.type, now)
            }
        }
    }
}
