import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

/// Makes tokens of service accounts and says whose a token is. Source: pkg/registry/core/serviceaccount/storage/token.go,
/// pkg/serviceaccount/claims.go.
struct ServiceAccountTokens: Sendable {
    let server: APIServer

    private var key: ServiceAccountKey { server.configuration.serviceAccountKey }
    private var issuer: String { server.configuration.serviceAccountIssuer }
    private static let accounts = GroupResource("", "serviceaccounts")
    /// What programs in pods ask for: their tokens work for a year, so that those that never read them again go on.
    private static let extendedSeconds = 3607
    private static let year = 365 * 86400

    // MARK: - TokenRequest

    /// Answers a TokenRequest for the target's service account.
    func request(_ target: Target, _ body: Tree, _ context: RequestContext) throws(APIError) -> Value {
        guard let account = try server.intact(ServiceAccountTokens.accounts, target.path) else {
            throw .notFound(ServiceAccountTokens.accounts, target.name)
        }
        let spec = body["spec"]
        for (field, wanted) in [("name", target.name), ("namespace", target.namespace)] {
            let given = body[path: "metadata", field]?.string ?? ""
            guard given.isEmpty || given == wanted else {
                throw .badRequest(
                    field == "name"
                        ? "name in URL does not match name in TokenRequest object"
                        : "the namespace of the provided object does not match the namespace sent on the request")
            }
        }
        let seconds = spec?["expirationSeconds"]?.int ?? 3600
        let path = FieldPath("spec", "expirationSeconds")
        var problems: [Problem] = []
        if seconds < 600 { problems.append(.invalid(path, Value(seconds), "may not specify a duration less than 10 minutes")) }
        if seconds > 1 << 32 { problems.append(.invalid(path, Value(seconds), "may not specify a duration larger than 2^32 seconds")) }
        guard problems.isEmpty else { throw .invalid(group: "authentication.k8s.io", kind: "TokenRequest", name: "", problems) }

        let wanted = spec?["audiences"]?.strings ?? []
        let audiences = wanted.isEmpty ? [issuer] : wanted
        let now = context.now.wholeSeconds
        let isExtended = seconds == ServiceAccountTokens.extendedSeconds && audiences == [issuer]
        var bound: Value = [
            "namespace": .string(target.namespace), "serviceaccount": ["name": .string(target.name), "uid": .string(uid(account))],
        ]
        let reference = spec?["boundObjectRef"].flatMap { $0.isNull ? nil : $0 }
        if let reference { try bind(&bound, reference, target) }
        if isExtended { bound["warnafter"] = Value(Int(now.seconds) + seconds) }
        let claims: Value = [
            "iss": .string(issuer), "aud": Value(audiences), "sub": .string("system:serviceaccount:\(target.namespace):\(target.name)"),
            "iat": Value(Int(now.seconds)), "nbf": Value(Int(now.seconds)),
            "exp": Value(Int(now.seconds) + (isExtended ? ServiceAccountTokens.year : seconds)),
            "jti": .string(Identifiers.uid()), "kubernetes.io": bound,
        ]
        let token: String
        do { token = try key.sign(claims) } catch { throw .internalError("failed to generate token: \(error)") }
        return [
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": [
                "name": .string(target.name), "namespace": .string(target.namespace), "uid": .string(uid(account)),
                "creationTimestamp": .string(now.description),
            ],
            "spec": ["audiences": Value(audiences), "expirationSeconds": Value(seconds), "boundObjectRef": reference?.value ?? .null],
            "status": ["token": .string(token), "expirationTimestamp": .string((now + Double(seconds)).wholeSeconds.description)],
        ]
    }

    private func uid(_ object: Tree) -> String { object[path: "metadata", "uid"]?.string ?? "" }

    /// Ties a token to a pod, secret or node: it ends with it.
    private func bind(_ claim: inout Value, _ reference: Tree, _ target: Target) throws(APIError) {
        let name = reference["name"]?.string ?? ""
        let kind = reference["kind"]?.string ?? ""
        let plural: String
        switch (reference["apiVersion"]?.string ?? "", kind) {
        case ("v1", "Pod"): plural = "pods"
        case ("v1", "Secret"): plural = "secrets"
        case ("v1", "Node"): plural = "nodes"
        case (let version, _):
            throw .badRequest("cannot bind token for serviceaccount \"\(target.name)\" to object of type \(version), Kind=\(kind)")
        }
        let collection = GroupResource("", plural)
        guard let object = try server.intact(collection, kind == "Node" ? name : "\(target.namespace)/\(name)") else {
            throw .notFound(collection, name)
        }
        let current = uid(object)
        let wanted = reference["uid"]?.string ?? ""
        if !wanted.isEmpty, wanted != current {
            throw .conflict(
                collection, name,
                "the UID in the bound object reference (\(wanted)) does not match the UID in record. The object might have been deleted and then recreated"
            )
        }
        if kind == "Pod" {
            let account = object[path: "spec", "serviceAccountName"]?.string ?? ""
            guard account == target.name else {
                throw .badRequest(
                    "cannot bind token for serviceaccount \"\(target.name)\" to pod running with different serviceaccount name.")
            }
            if let node = object[path: "spec", "nodeName"]?.string, !node.isEmpty {
                let known = try server.intact(GroupResource("", "nodes"), node)
                claim["node"] = ["name": .string(node)]
                if let known { claim[path: "node", "uid"] = .string(uid(known)) }
            }
        }
        claim[kind.lowercased()] = ["name": .string(name), "uid": .string(current)]
    }

    // MARK: - Whose a token is

    /// The service account of a token for the API itself; nil when it is none of ours or no longer holds.
    func user(of token: String, now: Timestamp) -> UserInfo? {
        if let known = server.verifiedTokens.user(of: token, now: Int(now.seconds), server.store) { return known }
        guard let (entry, _) = verify(token, audiences: [issuer], now: Int(now.seconds)) else { return nil }
        server.verifiedTokens.remember(token, entry)
        return entry.user
    }

    /// The service account of a token for one of these audiences, and for which of them; nil when it is none of ours or no longer holds.
    /// - Parameter audiences: empty for the API's own.
    func user(of token: String, audiences: [String], now: Timestamp) -> (user: UserInfo, audiences: [String])? {
        verify(token, audiences: audiences.isEmpty ? [issuer] : audiences, now: Int(now.seconds)).map { ($0.user, $1) }
    }

    private func verify(_ token: String, audiences: [String], now: Int) -> (VerifiedTokens.Entry, audiences: [String])? {
        guard let claims = key.claims(of: token) else { return nil }
        if claims["iss"]?.string == SecretToken.issuer { return verify(token, ofSecret: claims, audiences: audiences, now: now) }
        guard claims["iss"]?.string == issuer else { return nil }
        guard let end = claims["exp"]?.int, now < end, claims["nbf"]?.int ?? 0 <= now + 60 else { return nil }
        let common = (claims["aud"]?.strings ?? []).filter(audiences.contains)
        guard !common.isEmpty, let bound = claims["kubernetes.io"], let namespace = bound["namespace"]?.string,
            let account = bound[path: "serviceaccount", "name"]?.string, let accountUID = bound[path: "serviceaccount", "uid"]?.string,
            let there = need("serviceaccounts", "\(namespace)/\(account)", accountUID, now)
        else { return nil }
        var needs = [there]
        var extra = ["authentication.kubernetes.io/credential-id": ["JTI=\(claims["jti"]?.string ?? "")"]]
        for (kind, plural) in [("pod", "pods"), ("secret", "secrets"), ("node", "nodes")] {
            guard let object = bound[kind], let name = object["name"]?.string else { continue }
            let uid = object["uid"]?.string ?? ""
            // The node of a pod is told, but only what a token is bound to must be there.
            if kind != "node" || bound["pod"] == nil {
                guard let there = need(plural, kind == "node" ? name : "\(namespace)/\(name)", uid, now) else { return nil }
                needs.append(there)
            }
            if kind == "secret" { continue }
            extra["authentication.kubernetes.io/\(kind)-name"] = [name]
            if !uid.isEmpty { extra["authentication.kubernetes.io/\(kind)-uid"] = [uid] }
        }
        let user = user(ObjectKey(namespace: namespace, name: account), uid: accountUID, extra: extra)
        return (VerifiedTokens.Entry(user: user, expires: end, needs: needs), common)
    }

    /// A token from a Secret is for the API alone, and holds while the Secret has it.
    private func verify(
        _ token: String, ofSecret claims: Tree, audiences: [String], now: Int
    ) -> (VerifiedTokens.Entry, audiences: [String])? {
        guard audiences.contains(issuer), let (secret, account, uid) = SecretToken.read(claims),
            let there = need("serviceaccounts", "\(secret.namespace)/\(account)", uid, now),
            let stored = server.store.get(GroupResource("", "secrets"), secret.description), !stored.isDamaged
        else { return nil }
        let tree = ObjectBytes.tree(stored)
        guard tree[path: "metadata", "deletionTimestamp"] == nil,
            tree[path: "data", "token"]?.string == Base64.encode(Array(token.utf8))
        else { return nil }
        let kept = VerifiedTokens.Need(
            collection: GroupResource("", "secrets"), path: secret.description, revision: stored.revision, isLeaving: false)
        let user = user(ObjectKey(namespace: secret.namespace, name: account), uid: uid, extra: [:])
        return (VerifiedTokens.Entry(user: user, expires: .max, needs: [there, kept]), [issuer])
    }

    private func user(_ account: ObjectKey, uid: String, extra: [String: [String]]) -> UserInfo {
        UserInfo(
            name: "system:serviceaccount:\(account.namespace):\(account.name)", uid: uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)", "system:authenticated"], extra: extra)
    }

    /// The object, when it is the same still and has not been gone for more than a minute.
    private func need(_ plural: String, _ path: String, _ uid: String, _ now: Int) -> VerifiedTokens.Need? {
        let collection = GroupResource("", plural)
        guard let object = server.store.get(collection, path), !object.isDamaged else { return nil }
        let metadata = ObjectBytes.tree(object)["metadata"]
        guard metadata?["uid"]?.string == uid else { return nil }
        let deleted = metadata?["deletionTimestamp"]?.string.flatMap { Timestamp($0) }
        if let deleted, Int(deleted.seconds) + 60 <= now { return nil }
        return VerifiedTokens.Need(collection: collection, path: path, revision: object.revision, isLeaving: deleted != nil)
    }
}
