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
            object[path: "metadata", "creationTimestamp"] = .string(context.now.wholeSeconds.description)
            object["status"] = ["userInfo": describe(context.user)]
        case "selfsubjectaccessreviews", "subjectaccessreviews", "localsubjectaccessreviews":
            // Until RBAC comes every authenticated user may do everything.
            object["status"] = ["allowed": true]
        case "selfsubjectrulesreviews":
            object["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        default: return nil
        }
        return object
    }

    static func describe(_ user: UserInfo) -> Value {
        var info: Value = ["username": .string(user.name)]
        if !user.uid.isEmpty { info["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { info["groups"] = Value(user.groups) }
        if !user.extra.isEmpty { info["extra"] = .object(Fields(user.extra.map { ($0.key, Value($0.value)) })) }
        return info
    }
}
