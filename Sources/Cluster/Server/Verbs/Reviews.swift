import ClusterAPI
import ClusterObjects

/// Kinds that are asked, not kept: a POST is answered and nothing stored.
enum Reviews {
    /// The answer; nil when the target is no such kind.
    static func answer(
        _ target: Target, _ body: Tree, _ context: RequestContext, _ server: APIServer
    ) async throws(APIError) -> Value? {
        let resource = target.resource
        guard resource.group == "authentication.k8s.io" || resource.group == "authorization.k8s.io" else { return nil }
        var object = try server.decode(body, target, context)
        object["kind"] = .string(resource.kind)
        object["apiVersion"] = .string(resource.apiVersion)
        if object["metadata"] == nil { object["metadata"] = .emptyObject }
        switch resource.plural {
        case "selfsubjectreviews":
            object["metadata"] = ["creationTimestamp": .string(context.now.wholeSeconds.description)]
            object["status"] = ["userInfo": describe(context.user)]
        case "tokenreviews": object["status"] = try tokenStatus(object, context, server)
        default:
            guard let status = try AccessReviews(server: server, target: target, user: context.user).status(of: object) else { return nil }
            object["status"] = status
        }
        return object
    }

    /// Whose a token is.
    private static func tokenStatus(_ review: Value, _ context: RequestContext, _ server: APIServer) throws(APIError) -> Value {
        let token = review[path: "spec", "token"]?.string ?? ""
        guard !token.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
        let audiences = review[path: "spec", "audiences"]?.strings ?? []
        if let known = ServiceAccountTokens(server: server).user(of: token, audiences: audiences, now: context.now) {
            return ["authenticated": true, "user": describe(known.user), "audiences": Value(known.audiences)]
        }
        let issuer = server.configuration.serviceAccountIssuer
        if let user = server.configuration.tokens.user(of: token), audiences.isEmpty || audiences.contains(issuer) {
            return ["authenticated": true, "user": describe(user), "audiences": [.string(issuer)]]
        }
        return ["error": "invalid bearer token", "user": .emptyObject]
    }

    static func describe(_ user: UserInfo) -> Value {
        var info: Value = ["username": .string(user.name)]
        if !user.uid.isEmpty { info["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { info["groups"] = Value(user.groups) }
        if !user.extra.isEmpty { info["extra"] = .object(Fields(user.extra.map { ($0.key, Value($0.value)) })) }
        return info
    }
}
