import ClusterObjects

extension Kinds {
    /// The same events as those of the core group, with the newer names of their fields.
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
