import ClusterAPI
import ClusterObjects
import ClusterTransport

/// `GET pods/NAME/log`: which container of which node is meant, and what is asked of it. (pkg/registry/core/pod, LogLocation.)
struct PodLog {
    let pod: Pod
    let container: String

    /// - Throws: 422 for options that make no sense, 400 for a container that is not the pod's or not named where there are several.
    init(pod: Pod, query: Query) throws(APIError) {
        self.pod = pod
        let problems = PodLog.problems(query)
        guard problems.isEmpty else { throw .invalid(group: "", kind: "PodLogOptions", name: pod.name, problems) }
        let regular = pod.containers.compactMap { $0["name"]?.string }
        let initial = pod.initContainers.compactMap { $0["name"]?.string }
        let ephemeral = (pod.spec?.elements("ephemeralContainers")).map { $0.compactMap { $0["name"]?.string } } ?? []
        let named = query["container"]
        if !named.isEmpty {
            guard (regular + initial + ephemeral).contains(named) else {
                throw .badRequest("container \(named) is not valid for pod \(pod.name)")
            }
            container = named
            return
        }
        guard regular.count == 1, let only = regular.first else {
            var message = "a container name must be specified for pod \(pod.name), choose one of: [\(regular.joined(separator: " "))]"
            if !initial.isEmpty { message += " or one of the init containers: [\(initial.joined(separator: " "))]" }
            throw .badRequest(message)
        }
        container = only
    }

    private static func problems(_ query: Query) -> [Problem] {
        var problems: [Problem] = []
        func whole(_ key: String, least: Int) {
            guard !query[key].isEmpty else { return }
            guard let number = Int(query[key]), number >= least else {
                let shown: Value = Int(query[key]).map { Value($0) } ?? .string(query[key])
                problems.append(.invalid(FieldPath(key), shown, "must be greater than \(least == 0 ? "or equal to 0" : "\(least - 1)")"))
                return
            }
        }
        whole("tailLines", least: 0)
        whole("limitBytes", least: 1)
        if !query["sinceSeconds"].isEmpty, !query["sinceTime"].isEmpty {
            problems.append(.forbidden(FieldPath("sinceSeconds"), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        } else {
            whole("sinceSeconds", least: 1)
        }
        return problems
    }

    /// Where the node has it.
    func path(_ request: HTTPRequest) -> String {
        let query = request.query.isEmpty ? "" : "?\(request.query)"
        return "/containerLogs/\(pod.namespace)/\(pod.name)/\(container)\(query)"
    }
}

extension Call {
    /// A pod that is on no node yet has no log: 204, as kube-apiserver answers.
    func podLog(_ pod: Pod) async throws(APIError) -> HTTPResponse {
        let log = try PodLog(pod: pod, query: query)
        guard !pod.nodeName.isEmpty else { return HTTPResponse(status: 204) }
        let node: APIObject = try await server.localClient(user: "system:apiserver").get(.nodes, name: pod.nodeName)
        let addresses = node.status.map { Array($0.elements("addresses")) } ?? []
        let address = addresses.first { $0["type"]?.string == "InternalIP" } ?? addresses.first
        guard let host = address?["address"]?.string,
            let port = node.status?["daemonEndpoints"]?["kubeletEndpoint"]?["Port"]?.int, port > 0, let nodes = server.configuration.nodes
        else { throw .internalError("node \(pod.nodeName) has no endpoint for logs") }
        return try await nodes.get(host: host, port: port, path: log.path(request))
    }
}
