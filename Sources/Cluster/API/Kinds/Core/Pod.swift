import ClusterObjects

extension Kinds {
    static func pod(_ resource: inout Resource) {
        resource.selectableFields = [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
            "status.phase", "status.podIP", "status.nominatedNodeName",
        ]
        resource.rules.hasStatus = true
        resource.rules.hasGeneration = true
        resource.rules.isDeletedGracefully = true
        resource.rules.setDefaults = { pod in
            pod.edit("spec") { spec in
                PodSpecDefaults.apply(to: &spec)
                PodSpecDefaults.applyToPod(&spec)
            }
        }
        resource.rules.warnings = PodWarnings.pod
        resource.rules.validate = PodRules.validate
        resource.rules.validateUpdate = PodRules.validateUpdate
        resource.rules.prepareForCreate = { pod in
            if pod[path: "spec", "terminationGracePeriodSeconds"]?.int ?? 0 < 0 {
                pod[path: "spec", "terminationGracePeriodSeconds"] = 1
            }
            SelectorKeys.merge(into: &pod)
            pod["status"] = ["phase": "Pending", "qosClass": .string(PodQOS.class(of: pod))]
        }
        resource.rules.prepareForUpdate = { pod, old, subresource in
            StatusOwnership.keep(&pod, old, subresource)
            if subresource == "status", pod["status"]?.text("qosClass").isEmpty ?? true {
                pod[path: "status", "qosClass"] = old[path: "status", "qosClass"]
            }
            // What these are not for is as it was.
            if subresource == "ephemeralcontainers" {
                let containers = pod[path: "spec", "ephemeralContainers"]
                pod["spec"] = old["spec"]
                pod["status"] = old["status"]
                pod[path: "spec", "ephemeralContainers"] = containers
            } else if subresource == "resize" {
                PodResize.keep(&pod, old)
            }
        }
    }
}
