import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Foundation

/// Signs the approved CertificateSigningRequests of Kubernetes' own signers with the cluster's CA. Keys are requests.
/// Source: pkg/controller/certificates/signer.
struct CertificateSigner: Controller {
    let name = "csrsigning-controller"
    let authority: ClusterCA

    var watches: [Watched] { [.primary(.certificateSigningRequests)] }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.certificateSigningRequests, request.key) else { return .nothing }
        let wish = CertificateWish(object)
        guard wish.isApproved, !wish.hasFailed, wish.certificate.isEmpty, let rule = SignerRules.rule(wish.signer) else { return .nothing }
        var status = object.status?.value ?? .emptyObject
        do {
            let wanted = try CertificateRequest(der: PEM.request(wish.pem) ?? [])
            try wanted.verify()
            if let problem = rule(wanted, Set(wish.usages)) {
                var conditions = Conditions(object.status)
                conditions.append(
                    [
                        "type": "Failed", "status": "True", "reason": "SignerValidationFailure", "message": Value(problem),
                        "lastUpdateTime": Value(request.now.wholeSeconds.description),
                    ])
                status["conditions"] = conditions.value
            } else {
                let pem = try authority.sign(
                    wanted, usages: wish.usages, now: Date(timeIntervalSince1970: Double(request.now.seconds)), seconds: wish.seconds)
                status["certificate"] = Value(Base64.encode(Array(pem.utf8)))
            }
        } catch {
            var decision = Decision()
            decision.problem = "\(error)"
            return decision
        }
        return Decision(steps: [[.updateStatus(.certificateSigningRequests, object.key, object.draft(withStatus: status))]])
    }
}

/// A CertificateSigningRequest as its controllers read it.
struct CertificateWish {
    private let object: APIObject
    private let conditions: Conditions

    init(_ object: APIObject) {
        self.object = object
        conditions = Conditions(object.status)
    }

    var signer: String { object.spec?["signerName"]?.string ?? "" }
    var usages: [String] { object.spec?["usages"]?.strings ?? [] }
    var pem: String { String(decoding: Base64.decode(object.spec?["request"]?.string ?? "") ?? [], as: UTF8.self) }
    /// In base64; empty while there is none.
    var certificate: String { object.status?["certificate"]?.string ?? "" }
    var isPending: Bool { conditions.entries.isEmpty }
    /// A denial wins over an approval.
    var isApproved: Bool { conditions["Approved"] != nil && conditions["Denied"] == nil }
    var hasFailed: Bool { conditions.isTrue("Failed") }

    /// When a condition of that type was written.
    func time(of condition: String) -> Timestamp? { conditions.time(condition, "lastUpdateTime") }

    /// How long the certificate is asked to be valid: from ten minutes to a year, which it is when nothing is said.
    var seconds: Double {
        let year = 365.0 * 86400
        return object.spec?["expirationSeconds"]?.int.map { min(max(Double($0), 600), year) } ?? year
    }
}

extension GroupVersionResource {
    static let certificateSigningRequests = GroupVersionResource("certificates.k8s.io", "v1", "certificatesigningrequests")
}
