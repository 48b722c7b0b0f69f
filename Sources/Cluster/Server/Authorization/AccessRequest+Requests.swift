import ClusterAPI
import ClusterObjects
import ClusterTransport

/// What a request wants, from its forms.
extension AccessRequest {
    /// In process.
    init(_ user: UserInfo, _ verb: String, _ target: Target, fieldSelector: String = "") {
        // A namespace is in itself.
        let isNamespace = target.resource.gvr == .namespaces
        self.init(
            user, verb, group: target.resource.group, resource: target.resource.plural, subresource: target.subresource,
            namespace: isNamespace ? target.name : target.namespace, name: target.name, fieldSelector: fieldSelector)
    }

    /// Over HTTP. Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
    /// - Parameter path: nil when the request's path is none of a resource.
    init(_ user: UserInfo, _ request: HTTPRequest, _ path: RequestPath?) {
        guard let path else {
            self.init(user, request.method.lowercased(), path: request.path)
            return
        }
        let query = Query(request.query)
        let isNamespace = path.resource.group.isEmpty && path.resource.resource == "namespaces"
        self.init(
            user, AccessRequest.verb(request.method, path, isWatch: path.isWatch || query.flag("watch")), group: path.resource.group,
            resource: path.resource.resource, subresource: path.subresource, namespace: isNamespace ? path.name : path.namespace,
            name: path.name, fieldSelector: path.name.isEmpty ? query["fieldSelector"] : "")
    }

    private static func verb(_ method: String, _ path: RequestPath, isWatch: Bool) -> String {
        switch method {
        case "GET", "HEAD":
            if path.isWatch { return "watch" }
            if !path.name.isEmpty { return "get" }
            return isWatch ? "watch" : "list"
        case "POST": return "create"
        case "PUT": return "update"
        case "PATCH": return "patch"
        case "DELETE": return path.name.isEmpty ? "deletecollection" : "delete"
        default: return ""
        }
    }
}
