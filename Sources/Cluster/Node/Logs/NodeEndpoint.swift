import ClusterObjects
import ClusterTransport
import Glibc

/// The node's HTTPS endpoint: logs of containers, for the API server alone (kubelet's paths).
struct NodeEndpoint: HTTPResponder {
    /// The node's.
    let directory: String

    /// Who may ask: the API server's own certificate, and administrators.
    private static func mayAsk(_ peer: PeerIdentity) -> Bool {
        peer.organizations.contains("system:masters") || peer.commonName == "kube-apiserver-kubelet-client"
            || peer.commonName == "system:apiserver"
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.path == "/healthz" { return NodeEndpoint.text(200, "ok") }
        guard let peer = request.peer else { return NodeEndpoint.text(401, "Unauthorized") }
        guard NodeEndpoint.mayAsk(peer) else {
            return NodeEndpoint.text(403, "Forbidden (user=\(peer.commonName), verb=get, resource=nodes, subresource(s)=[proxy])")
        }
        let parts = request.path.split(separator: "/").map { Percent.decode($0) }
        guard request.method == "GET", parts.count == 4, parts[0] == "containerLogs" else {
            return NodeEndpoint.text(404, "404 page not found")
        }
        let query: LogQuery
        do throws(LogQuery.Problem) { query = try LogQuery(request.query, at: .system()) } catch {
            return NodeEndpoint.text(400, "{\"message\": \"\(error)\"}")
        }
        return log(namespace: parts[1], pod: parts[2], container: parts[3], query)
    }

    private func log(namespace: String, pod name: String, container: String, _ query: LogQuery) -> HTTPResponse {
        // A pod that was replaced by one of the same name may still be here; the newest is meant.
        let found = PodDirectory.all(node: directory).compactMap { directory in directory.pod.map { (directory, $0) } }
            .filter { $0.1.namespace == namespace && $0.1.name == name }
            .max { ($0.1.object.creationTimestamp?.microseconds ?? 0) < ($1.1.object.creationTimestamp?.microseconds ?? 0) }
        guard let (place, pod) = found else { return NodeEndpoint.text(404, "pod \"\(name)\" not found") }
        guard (pod.containers + pod.initContainers).contains(where: { $0.name == container }) else {
            return NodeEndpoint.text(404, "container \"\(container)\" not found in pod \"\(name)\"")
        }
        let attempts = place.attempts(container)
        guard let newest = attempts.last else {
            return NodeEndpoint.text(
                400, "container \"\(container)\" in pod \"\(name)\" is waiting to start: ContainerCreating")
        }
        guard let attempt = query.previous ? attempts.dropLast().last : newest else {
            return NodeEndpoint.text(
                400, "previous terminated container \"\(container)\" in pod \"\(name)\" not found")
        }
        let log = ContainerLog(path: place.log(container, attempt: attempt), query: query) {
            place.shim != nil && place.record(container, attempt: attempt)?.exit == nil
        }
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "text/plain")],
            body: .stream { writer in try await log.read { try await writer.write($0) } })
    }

    private static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array((text + "\n").utf8)))
    }
}
