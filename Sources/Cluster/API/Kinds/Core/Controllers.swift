import ClusterObjects

extension Kinds {
    static func replicationController(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.selectableFields = ["status.replicas"]
        resource.rules.defaultPropagation = "orphan"
        resource.rules.prepareForCreate = { $0["status"] = ["replicas": 0] }
        resource.rules.setDefaults = { controller in
            // What is not said of the selector and the labels is what the template says.
            if let labels = controller[path: "spec", "template", "metadata", "labels"], !(labels.object?.isEmpty ?? true) {
                if controller["spec"]?.map("selector").isEmpty ?? true { controller[path: "spec", "selector"] = labels }
                if controller["metadata"]?.map("labels").isEmpty ?? true { controller[path: "metadata", "labels"] = labels }
            }
            controller["spec", default: .emptyObject].fill("replicas", 1)
            controller.edit("spec") { spec in spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        }
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = ReplicationControllerRules.validate
        resource.rules.validateUpdate = ReplicationControllerRules.validateUpdate
    }

    static func podTemplate(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { object in object.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        resource.rules.validate = ReplicationControllerRules.podTemplate
        resource.rules.validateUpdate = { new, _, _ in ReplicationControllerRules.podTemplate(new) }
    }

    static func newEvent(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = EventRules.events
        resource.rules.validateUpdate = EventRules.eventsUpdate
        resource.selectableFields = [
            "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion",
            "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "source", "type",
        ]
    }
}
