import ClusterObjects

extension Kinds {
    /// HorizontalPodAutoscaler of autoscaling/v2 (pkg/apis/autoscaling/v2/defaults.go).
    static func autoscaler(_ resource: inout Resource) {
        autoscalerRules(&resource)
        resource.rules.setDefaults = { scaler in
            scaler["spec", default: .emptyObject].fill("minReplicas", 1)
            scaler.edit("spec") { spec in
                if spec.list("metrics").isEmpty {
                    spec["metrics"] = [
                        [
                            "type": "Resource",
                            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
                        ]
                    ]
                }
                spec.edit("behavior") { behavior in
                    let step: Value = ["type": "Percent", "value": 100, "periodSeconds": 15]
                    behavior["scaleUp", default: .emptyObject].fill("stabilizationWindowSeconds", 0)
                    for (direction, policies) in [
                        ("scaleUp", [["type": "Pods", "value": 4, "periodSeconds": 15], step] as Value), ("scaleDown", [step] as Value),
                    ] {
                        behavior["scaleDown", default: .emptyObject].fill("selectPolicy", "Max")
                        behavior.edit(direction) { rules in
                            rules.fill("selectPolicy", "Max")
                            rules.fill("policies", policies)
                        }
                    }
                }
            }
        }
    }

    /// The same in autoscaling/v1, which knows the processor's utilization only.
    static func oldAutoscaler(_ resource: inout Resource) {
        autoscalerRules(&resource)
        resource.rules.setDefaults = { $0["spec", default: .emptyObject].fill("minReplicas", 1) }
    }

    private static func autoscalerRules(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.prepareForCreate = { $0["status"] = ["desiredReplicas": 0] }
        resource.rules.validate = AutoscalerRules.validate
        resource.rules.validateUpdate = AutoscalerRules.validateUpdate
    }
}
