import ClusterObjects

/// The tokens that are kept in Secrets: they hold as long as their Secret has them. Source: pkg/serviceaccount/legacy.go.
enum SecretToken {
    static let issuer = "kubernetes/serviceaccount"
    private static let prefix = "kubernetes.io/serviceaccount/"

    static func claims(_ secret: ObjectKey, account: String, uid: String) -> Value {
        [
            "iss": .string(issuer), "\(prefix)namespace": .string(secret.namespace), "\(prefix)secret.name": .string(secret.name),
            "\(prefix)service-account.name": .string(account), "\(prefix)service-account.uid": .string(uid),
            "sub": .string("system:serviceaccount:\(secret.namespace):\(account)"),
        ]
    }

    /// What a token says of itself; nil when it does not say all.
    static func read(_ claims: Tree) -> (secret: ObjectKey, account: String, uid: String)? {
        func claim(_ name: String) -> String? { claims[prefix + name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        guard let namespace = claim("namespace"), let secret = claim("secret.name"), let account = claim("service-account.name"),
            let uid = claim("service-account.uid"), claims["sub"]?.string == "system:serviceaccount:\(namespace):\(account)"
        else { return nil }
        return (ObjectKey(namespace: namespace, name: secret), account, uid)
    }
}

extension ServiceAccountKey {
    /// A token for a Secret of the type `kubernetes.io/service-account-token`. It does not expire.
    /// - Parameter uid: the account's.
    public func token(for secret: ObjectKey, account: String, uid: String) throws -> String {
        try sign(SecretToken.claims(secret, account: account, uid: uid))
    }
}
