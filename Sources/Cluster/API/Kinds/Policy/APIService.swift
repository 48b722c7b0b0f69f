import ClusterObjects

extension Kinds {
    /// APIServices: this server answers every group itself, so one that another server should answer is not available.
    static func apiService(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.setDefaults = { service in
            service.edit("spec") { $0.edit("service") { $0.fill("port", 443) } }
        }
        resource.rules.prepareForCreate = { object in
            var condition: Value = [
                "type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available",
            ]
            if let service = object["spec"]?.part("service") {
                condition["status"] = "False"
                condition["reason"] = "ServiceNotFound"
                condition["message"] = .string("service/\(service.text("name")) in \"\(service.text("namespace"))\" is not present")
            }
            condition["lastTransitionTime"] = object[path: "metadata", "creationTimestamp"]
            object["status"] = ["conditions": [condition]]
        }
        resource.rules.validate = APIServiceRules.validate
        resource.rules.validateUpdate = { new, _, _ in APIServiceRules.validate(new) }
    }
}
