import ClusterAPI
import ClusterObjects

/// Notes when the conditions of a CertificateSigningRequest were written, where the writer does not say.
/// Source: pkg/registry/certificates/certificates/strategy.go, populateConditionTimestamps.
struct CertificateConditions: AdmissionPlugin {
    let name = "CertificateConditions"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let resource = request.target.resource
        guard let old, resource.group == "certificates.k8s.io", resource.plural == "certificatesigningrequests",
            let conditions = object[path: "status", "conditions"]?.array
        else { return }
        let now = Value.string(request.context.now.wholeSeconds.description)
        let before = old[path: "status", "conditions"]?.array ?? []
        object[path: "status", "conditions"] = .array(
            conditions.map { condition in
                var condition = condition
                let same = before.first { $0["type"] == condition["type"] }
                if condition["lastUpdateTime"]?.string == nil { condition["lastUpdateTime"] = same?["lastUpdateTime"] ?? now }
                if condition["lastTransitionTime"]?.string == nil {
                    let isKept = same?["status"] == condition["status"]
                    condition["lastTransitionTime"] = isKept ? same?["lastTransitionTime"] ?? now : now
                }
                return condition
            })
    }
}
