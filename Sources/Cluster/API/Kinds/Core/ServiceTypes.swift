import ClusterObjects

/// What a service loses when its type changes. Source: pkg/registry/core/service/strategy.go, dropTypeDependentFields.
enum ServiceTypes {
    static func drop(_ service: inout Value, _ old: Value) {
        let before = old["spec"] ?? .emptyObject
        service.edit("spec") { spec in
            // A field that the request itself changed is the user's, and may be refused.
            func drop(_ keys: [String], unless holds: (Value) -> Bool) {
                guard holds(before), !holds(spec) else { return }
                for key in keys where spec[key] == before[key] { spec[key] = nil }
            }
            drop(["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]) {
                $0.text("type") != "ExternalName"
            }
            drop(["allocateLoadBalancerNodePorts", "loadBalancerClass"]) { $0.text("type") == "LoadBalancer" }
            drop(["externalTrafficPolicy"]) { spec in
                switch spec.text("type") {
                case "LoadBalancer", "NodePort": true
                case "ClusterIP": !spec.list("externalIPs").isEmpty
                default: false
                }
            }
            drop(["healthCheckNodePort"]) { $0.text("type") == "LoadBalancer" && $0.text("externalTrafficPolicy") == "Local" }
        }
    }
}
