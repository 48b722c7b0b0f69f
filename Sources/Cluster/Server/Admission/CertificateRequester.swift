import ClusterAPI
import ClusterObjects

/// Notes in a CertificateSigningRequest who asks, whatever the request itself claims, and when its conditions were written.
/// Source: pkg/registry/certificates/certificates/strategy.go.
struct CertificateRequester: AdmissionPlugin {
    let name = "CertificateRequester"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let resource = request.target.resource
        guard resource.group == "certificates.k8s.io", resource.plural == "certificatesigningrequests" else { return }
        let user = request.context.user
        if old == nil {
            object[path: "spec", "username"] = .string(user.name)
            object[path: "spec", "uid"] = user.uid.isEmpty ? nil : .string(user.uid)
            object[path: "spec", "groups"] = Value(user.groups)
            object[path: "spec", "extra"] = nil
        } else if let conditions = object[path: "status", "conditions"]?.array, !request.target.subresource.isEmpty {
            let now = Value.string(request.context.now.wholeSeconds.description)
            let before = old?[path: "status", "conditions"]?.array ?? []
            object[path: "status", "conditions"] = .array(
                conditions.map { condition in
                    var condition = condition
                    let same = before.first { $0["type"] == condition["type"] }
                    if condition["lastUpdateTime"]?.string == nil { condition["lastUpdateTime"] = same?["lastUpdateTime"] ?? now }
                    if condition["lastTransitionTime"]?.string == nil {
                        let isChanged = same?["status"] != condition["status"]
                        condition["lastTransitionTime"] = isChanged ? now : same?["lastTransitionTime"] ?? now
                    }
                    return condition
                })
        }
    }
}
