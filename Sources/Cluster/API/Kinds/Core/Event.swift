import ClusterObjects

extension Kinds {
    static func event(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = EventRules.core
        resource.rules.validateUpdate = EventRules.coreUpdate
        resource.selectableFields = [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "source", "type",
        ]
    }
}
