import ClusterAPI
import ClusterTransport

/// The `proxy` subresource of pods, services and nodes: a request is passed on to what they serve, and its answer handed back, each as it
/// comes. (k8s.io/apimachinery, util/proxy, UpgradeAwareHandler.)
extension Call {
    private static let proxiedMethods: Set = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

    /// Those of before a browser may use an answer from elsewhere: that is decided for this server, not for what is behind it.
    private static let crossOriginHeaders: Set = [
        "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
    ]

    func proxy() async throws(APIError) -> HTTPResponse {
        guard Call.proxiedMethods.contains(request.method) else { throw Call.methodNotAllowed }
        let place = ProxyPath(request.path, prefixed: RequestPath.split(request.path).count - path.rest.count)
        let route = try await proxyRoute()
        if place.rest.isEmpty, !HTTPRelay.isUpgradeAsked(request.headers), request.method == "GET" || request.method == "HEAD" {
            let query = request.query.isEmpty ? "" : "?\(request.query)"
            return HTTPResponse(status: 301, headers: [("Location", "\(ProxyPath.encoded(place.prefix))/\(query)")])
        }
        var answer: HTTPResponse
        do {
            answer = try await route.relay.forward(
                method: request.method, target: place.target(query: request.query),
                headers: NodeConnection.withoutCredentials(request.headers), adding: forwardingHeaders(place), body: request.body,
                stream: request.stream)
        } catch {
            throw .serviceUnavailable("error trying to reach service: \(error)")
        }
        guard answer.upgrade == nil else { return answer }
        let asked = request.headers.first(name: "host") ?? ""
        answer.headers = answer.headers.compactMap { name, value in
            switch name.lowercased() {
            case let lower where Call.crossOriginHeaders.contains(lower): nil
            case "location": (name, place.rewritten(value, host: route.host, asked: asked))
            default: (name, value)
            }
        }
        if request.method == "HEAD" { return answer }
        return ProxiedPage.rewritten(answer) { place.rewritten($0, host: route.host, asked: asked) }
    }

    /// Where the request came from. A node tells by them that it is passed on, and does less for it, see `NodeEndpoint`.
    private func forwardingHeaders(_ place: ProxyPath) -> [(String, String)] {
        let uri = ("X-Forwarded-Uri", ProxyPath.encoded(place.prefix + place.rest))
        if request.remote.isEmpty { return [uri] }
        return [uri, ("X-Forwarded-For", (request.headers["x-forwarded-for"] + [request.remote]).joined(separator: ", "))]
    }
}
