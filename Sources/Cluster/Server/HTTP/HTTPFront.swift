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
        let start = ContinuousClock.now
        let trail = server.configuration.auditor.map { AuditTrail($0, AuditTrail.Call(request), yaml: server.configuration.yaml) }
        let parts = RequestPath.split(request.path)
        let path = RequestPath(parts)
        var response: HTTPResponse
        do throws(APIError) {
            response = try await answer(request, parts, path, trail)
            if let trail { response = trail.answered(response) }
        } catch {
            response = ResponseBytes.status(error)
            if let trail { response = trail.answered(response) }
            if request.method == "HEAD" { response.body = .bytes([]) }
        }
        server.requestMetrics.count(request, path, path.flatMap { server.registry.resource($0.resource) }, &response, since: start)
        return GzipAnswer.converted(converted(response, for: request), for: request)
    }

    /// In YAML or protobuf, where that is what the client wants.
    private func converted(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
        ProtobufAnswer.converted(server.configuration.yaml?.converted(response, for: request) ?? response, for: request)
    }

    /// Reads of one object, most of what clients ask, are answered on the connection's event loop. What fails is asked again in a task,
    /// so that there is one place where failures are answered.
    public func respondNow(to request: HTTPRequest) -> HTTPResponse? {
        guard request.method == "GET", server.configuration.auditor == nil, let path = RequestPath(RequestPath.split(request.path)),
            !path.name.isEmpty, !path.isWatch,
            path.subresource.isEmpty, let resource = server.registry.resource(path.resource), !resource.isCustom,
            Deprecations.warning(of: resource) == nil
        else { return nil }
        let start = ContinuousClock.now
        do throws(APIError) {
            let user = try authenticator.user(of: request)
            guard !user.isAnonymous, !Impersonation.isAsked(request),
                server.allows(AccessRequest(user, request, path)),
                var response = try Call(request: request, path: path, resource: resource, user: user, server: server).now()
            else { return nil }
            response = converted(response, for: request)
            guard !GzipAnswer.applies(to: response, for: request) else { return nil }
            server.requestMetrics.count(request, path, resource, &response, since: start)
            return response
        } catch { return nil }
    }

    /// Whether it comes from somebody who has shown who they are.
    private func isKnown(_ request: HTTPRequest) -> Bool {
        guard let user = try? authenticator.user(of: request) else { return false }
        return !user.isAnonymous
    }

    private func answer(
        _ request: HTTPRequest, _ parts: [String], _ path: RequestPath?, _ trail: AuditTrail?
    ) async throws(APIError) -> HTTPResponse {
        if let open = await HealthChecks.answer(request, server, isKnown: isKnown) {
            trail?.received(AccessRequest(.anonymous, request, nil), version: "")
            return open
        }
        let requester = try authenticator.user(of: request)
        trail?.received(AccessRequest(requester, request, path), version: path?.resource.version ?? "")
        if request.path == "/version" || request.path == "/version/" { return ResponseBytes.value(Documents.version) }
        guard !requester.isAnonymous else { throw .unauthorized() }
        let user = try Impersonation.user(of: request, requester, server, trail)
        try server.authorize(AccessRequest(user, request, path), trail)
        if server.configuration.isProfiled, let profile = try ProfileDocuments.answer(request, parts) { return profile }
        guard let path else { return try documents.answer(request, parts) }
        guard let resource = server.registry.resource(path.resource) else {
            let isServed = server.registry.all.contains { !$0.isCustom && $0.gvk.groupVersion == path.resource.groupVersion }
            if isServed { throw ResponseBytes.noSuchResource }
            return ResponseBytes.pageNotFound
        }
        let call = Call(request: request, path: path, resource: resource, user: user, server: server)
        guard let warning = Deprecations.warning(of: resource) else { return try await inTurn(call) }
        var response: HTTPResponse
        do throws(APIError) { response = try await inTurn(call) } catch { response = ResponseBytes.status(error) }
        response.headers.append(("Warning", "299 - \"\(warning)\""))
        return response
    }

    /// Does what is asked when there are not too many others; what goes on for long is not counted among them.
    private func inTurn(_ call: Call) async throws(APIError) -> HTTPResponse {
        if call.isLongRunning { return try await call.run() }
        let limit = call.request.method == "GET" || call.request.method == "HEAD" ? server.readLimit : server.writeLimit
        return try await limit.run(InflightQueue.Priority(of: call.user)) { () throws(APIError) in try await call.run() }
    }

    /// Large bodies are read of those who may ask at all.
    public func refusal(of request: HTTPRequest) -> HTTPResponse? {
        do throws(APIError) {
            return try authenticator.user(of: request).isAnonymous ? ResponseBytes.status(.unauthorized()) : nil
        } catch { return ResponseBytes.status(error) }
    }

    /// What is proxied goes on as it comes, from those who may ask at all.
    public func takesStream(of request: HTTPRequest) -> Bool {
        guard RequestPath(RequestPath.split(request.path))?.isProxy == true else { return false }
        return refusal(of: request) == nil
    }
}
