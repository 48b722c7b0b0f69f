import ClusterClient
import ClusterObjects

/// Deletes CertificateSigningRequests that nobody needs any more: an hour after they were signed, denied or failed, a day after they were
/// made and nobody answered. Source: pkg/controller/certificates/cleaner.
struct CertificateExpiry: Controller {
    let name = "csrcleaner-controller"
    var watches: [Watched] { [.primary(.certificateSigningRequests)] }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.certificateSigningRequests, request.key), !object.isBeingDeleted,
            let end = CertificateExpiry.end(of: object)
        else { return .nothing }
        let remaining = end - request.now
        guard remaining <= 0 else { return Decision(requeueAfter: remaining + 1) }
        return Decision(steps: [[.delete(.certificateSigningRequests, object)]])
    }

    private static func end(of object: APIObject) -> Timestamp? {
        let wish = CertificateWish(object)
        if wish.isPending { return object.creationTimestamp.map { $0 + 86400 } }
        let answered = [wish.certificate.isEmpty ? nil : wish.time(of: "Approved"), wish.time(of: "Denied"), wish.time(of: "Failed")]
        return answered.compactMap { $0 }.min().map { $0 + 3600 }
    }
}
