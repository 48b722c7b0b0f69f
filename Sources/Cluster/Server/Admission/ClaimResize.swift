import ClusterAPI
import ClusterObjects

/// A claim grows only when its class allows it. Source: plugin/pkg/admission/storage/persistentvolume/resize.
struct ClaimResize: AdmissionPlugin {
    let name = "PersistentVolumeClaimResize"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard let old, request.isAbout("", "persistentvolumeclaims") else { return }
        func size(_ claim: Value) -> Quantity {
            claim[path: "spec", "resources", "requests", "storage"]?.string.flatMap { Quantity($0) } ?? .zero
        }
        guard size(old) < size(object) else { return }
        guard old[path: "status", "phase"]?.string == "Bound" else {
            throw refuse(request, "Only bound persistent volume claims can be expanded")
        }
        guard let name = className(object), name == className(old),
            let storageClass = try request.server.intact(GroupResource("storage.k8s.io", "storageclasses"), name),
            storageClass["allowVolumeExpansion"]?.bool == true
        else {
            throw refuse(
                request, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")
        }
    }

    private func className(_ claim: Value) -> String? {
        let name =
            claim[path: "metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]?.string
            ?? claim[path: "spec", "storageClassName"]?.string ?? ""
        return name.isEmpty ? nil : name
    }

    private func refuse(_ request: AdmissionRequest, _ why: String) -> APIError {
        .forbidden(GroupResource("", "persistentvolumeclaims"), request.target.name, why)
    }
}
