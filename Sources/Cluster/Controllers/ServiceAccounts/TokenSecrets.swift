import ClusterClient
import ClusterObjects

/// Fills Secrets of the type `kubernetes.io/service-account-token` with a token of the account that they name, and has them go with it.
/// Such tokens do not expire. Keys are Secrets. (k8s.io/kubernetes/pkg/controller/serviceaccount, TokensController)
struct TokenSecrets: Controller {
    let name = "serviceaccount-token-controller"
    /// The cluster's CA in PEM.
    let certificate: String
    let sign: ControllerConfiguration.TokenSigner

    private static let type = "kubernetes.io/service-account-token"
    private static let nameKey = "kubernetes.io/service-account.name"
    private static let uidKey = "kubernetes.io/service-account.uid"

    var watches: [Watched] {
        [
            Watched(.secrets) { _, new, _ in new.flatMap { Self.account(of: $0) == nil ? nil : [$0.key] } ?? [] },
            Watched(.serviceAccounts) { old, new, cluster in
                guard old?.uid != new?.uid, let account = new ?? old else { return [] }
                return cluster.objects(.secrets, in: account.namespace).filter { Self.account(of: $0) == account.key }.map(\.key)
            },
        ]
    }

    /// The account that a Secret wants a token of; nil for every other Secret.
    private static func account(of secret: APIObject) -> ObjectKey? {
        guard secret.tree["type"]?.string == type, let name = secret.annotations[nameKey], !name.isEmpty else { return nil }
        return ObjectKey(namespace: secret.namespace, name: name)
    }

    /// Whether the account is gone is asked of the server: its Secret goes with it.
    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] {
        guard let secret = cluster.object(.secrets, key), let account = Self.account(of: secret) else { return [] }
        return isOwn(secret, cluster.object(.serviceAccounts, account)) ? [] : [.get(.serviceAccounts, account)]
    }

    /// An account that was made anew under its old name is another one.
    private func isOwn(_ secret: APIObject, _ account: APIObject?) -> Bool {
        guard let account else { return false }
        return [nil, "", account.uid].contains(secret.annotations[Self.uidKey])
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let secret = request.cluster.object(.secrets, request.key), !secret.isBeingDeleted, let key = Self.account(of: secret)
        else { return .nothing }
        if let account = request.cluster.object(.serviceAccounts, key), isOwn(secret, account) { return fill(secret, account) }
        switch request.answers[.get(.serviceAccounts, key)] {
        case .success(let found):
            guard let account = found.first, isOwn(secret, account) else { return Decision(steps: [[.delete(.secrets, secret)]]) }
            return fill(secret, account)
        case .failure(let error) where error.isNotFound: return Decision(steps: [[.delete(.secrets, secret)]])
        case .failure(let error):
            var decision = Decision()
            decision.problem = error.message
            return decision
        case nil: return .nothing
        }
    }

    private func fill(_ secret: APIObject, _ account: APIObject) -> Decision {
        let data = secret.tree["data"]
        func encoded(_ text: String) -> Value { Value(Base64.encode(Array(text.utf8))) }
        var wanted: [(String, Value)] = [("ca.crt", encoded(certificate)), ("namespace", encoded(secret.namespace))]
        if (data?["token"]?.string ?? "").isEmpty {
            do {
                wanted.append(("token", encoded(try sign(secret.key, account.name, account.uid))))
            } catch {
                var decision = Decision()
                decision.problem = "no token could be made for service account \(account.key): \(error)"
                return decision
            }
        }
        var draft = secret.draft
        for (key, value) in wanted { draft["data", default: .emptyObject][key] = value }
        draft["metadata", default: .emptyObject]["annotations", default: .emptyObject][Self.uidKey] = Value(account.uid)
        guard draft["data"] != data?.value || secret.annotations[Self.uidKey] != account.uid else { return .nothing }
        return Decision(steps: [[.update(.secrets, secret.key, draft)]])
    }
}
