import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import ClusterTransport

/// The API over HTTP: finds out who asks and for what, calls the pipeline, and puts the answer into the form asked for.
public struct HTTPFront: HTTPResponder {
    let server: APIServer
    let authenticator: Authenticator
    let documents: Documents

    public init(_ server: APIServer) {
        self.server = server
        authenticator = Authenticator(server)
        documents = Documents(server)
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        var response: HTTPResponse
        do throws(APIError) { response = try await answer(request) } catch {
            response = ResponseBytes.status(error)
            if request.method == "HEAD" { response.body = .bytes([]) }
        }
        return server.configuration.yaml?.converted(response, for: request) ?? response
    }

    private func answer(_ request: HTTPRequest) async throws(APIError) -> HTTPResponse {
        if let open = HealthChecks.answer(request, server) { return open }
        let user = try authenticator.user(of: request)
        if request.path == "/version" || request.path == "/version/" { return ResponseBytes.value(Documents.version) }
        guard !user.isAnonymous else { throw .unauthorized() }
        let parts = RequestPath.split(request.path)
        guard let path = RequestPath(parts) else { return try documents.answer(request, parts) }
        guard let resource = server.registry.resource(path.resource) else {
            let isServed = server.registry.all.contains { !$0.isCustom && $0.gvk.groupVersion == path.resource.groupVersion }
            if isServed { throw ResponseBytes.noSuchResource }
            return ResponseBytes.pageNotFound
        }
        let call = Call(request: request, path: path, resource: resource, user: user, server: server)
        return try await call.run()
    }
}
