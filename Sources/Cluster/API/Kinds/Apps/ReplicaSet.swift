import ClusterObjects

extension Kinds {
    static func replicaSet(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.selectableFields = ["status.replicas"]
        // A count of zero is always written.
        resource.rules.prepareForCreate = { $0["status"] = ["replicas": 0] }
        resource.rules.setDefaults = { set in
            set["spec", default: .emptyObject].fill("replicas", 1)
            set.edit("spec") { spec in spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        }
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = ReplicaSetRules.validate
        resource.rules.validateUpdate = WorkloadRules.update(ReplicaSetRules.validate, status: ReplicaSetRules.status)
    }
}

/// What ReplicaSets must be. Source: pkg/apis/apps/validation.
enum ReplicaSetRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        var problems: [Problem] = []
        for key in ["replicas", "minReadySeconds"] { problems.nonnegative(spec, key, path) }
        return problems + WorkloadRules.selected(spec, kind: "ReplicaSet", emptySelector: "deployment")
    }

    @Sendable static func status(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = WorkloadStatusRules.counts(
            status,
            ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas", "observedGeneration"])
        for key in ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] {
            WorkloadStatusRules.atMost(status, key, "replicas", &problems)
        }
        WorkloadStatusRules.atMost(status, "availableReplicas", "readyReplicas", &problems, named: "readyReplicas")
        return problems
    }
}
