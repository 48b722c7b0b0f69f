import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport

extension Call {
    /// `pods/NAME/exec`, `attach` and `portforward`: the connection is joined with one to the pod's node, which speaks the protocol.
    /// - Throws: 400 for a pod without a node, a container that is not its, and a request for no other protocol.
    func podStream() async throws(APIError) -> HTTPResponse {
        // WebSockets begin with a GET, but what they do is no reading: who may only read may not. Source: Kubernetes 1.35's
        // AuthorizePodWebsocketUpgradeCreatePermission.
        if request.method == "GET" {
            try server.authorize(
                AccessRequest(
                    user, "create", group: "", resource: "pods", subresource: path.subresource, namespace: path.namespace, name: path.name)
            )
        }
        let pod = try pod
        let target = try streamTarget(pod)
        guard !pod.nodeName.isEmpty else { throw .badRequest("pod \(pod.name) does not have a host assigned") }
        guard request.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else {
            throw .badRequest("Upgrade request required")
        }
        return try await ask(node: pod.nodeName, target)
    }

    /// kubelet's path and parameters.
    private func streamTarget(_ pod: Pod) throws(APIError) -> String {
        let place = "\(Percent.encode(pod.namespace))/\(Percent.encode(pod.name))"
        var parameters: [String] = []
        if path.subresource == "portforward" {
            for ports in query.all("ports") { parameters.append("port=\(Percent.encode(ports))") }
            return "/portForward/\(place)\(parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))"
        }
        let container = try PodContainer.named(query["container"], of: pod)
        for (name, parameter) in [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")] where query.flag(name) {
            parameters.append("\(parameter)=1")
        }
        if path.subresource == "exec" { parameters += query.all("command").map { "command=\(Percent.encode($0))" } }
        return "/\(path.subresource)/\(place)/\(Percent.encode(container))?\(parameters.joined(separator: "&"))"
    }
}
