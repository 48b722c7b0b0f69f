import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import ClusterTransport

/// One request for a resource.
struct Call: Sendable {
    let request: HTTPRequest
    let path: RequestPath
    let resource: Resource
    let user: UserInfo
    let server: APIServer
    let query: Query

    init(request: HTTPRequest, path: RequestPath, resource: Resource, user: UserInfo, server: APIServer) {
        self.request = request
        self.path = path
        self.resource = resource
        self.user = user
        self.server = server
        query = Query(request.query)
    }

    private var target: Target {
        Target(
            resource, namespace: resource.isNamespaced ? path.namespace : "", name: path.name, subresource: path.subresource)
    }

    func run() async throws(APIError) -> HTTPResponse {
        if resource.isCustom, !hasScope { return ResponseBytes.pageNotFound }
        if !path.subresource.isEmpty, resource.subresource(path.subresource) == nil {
            throw resource.isCustom ? .notFound(resource.groupResource, path.name) : ResponseBytes.noSuchResource
        }
        if !resource.isNamespaced, !path.namespace.isEmpty { throw ResponseBytes.noSuchResource }
        if resource.isNamespaced, path.namespace.isEmpty {
            // Over all namespaces there are lists and watches, and nothing else.
            guard path.name.isEmpty, resource.verbs.contains("list") else { throw ResponseBytes.noSuchResource }
            guard request.method == "GET" else { throw Call.methodNotAllowed }
        }
        if path.isProxy { return try await proxy() }
        try checkVerb()
        if isPodStream { return try await podStream() }
        switch (request.method, path.name.isEmpty) {
        case ("GET", true): return try await isWatch ? watch() : list()
        case ("GET", false):
            if resource.gvr == .pods, path.subresource == "log" {
                return try await podLog(pod)
            }
            return try await path.isWatch ? watch() : get()
        case ("POST", _): return try await create()
        case ("PUT", false): return try await update()
        case ("PATCH", false): return try await patch()
        case ("DELETE", false): return try await delete()
        case ("DELETE", true): return try await deleteCollection()
        default: throw Call.methodNotAllowed
        }
    }

    private var isPodStream: Bool {
        resource.gvr == .pods && ["exec", "attach", "portforward"].contains(path.subresource)
    }

    /// The pod whose subresource is asked for. Who may have that needs no right to the pod itself.
    var pod: Pod {
        get throws(APIError) { Pod(try server.get(Target(resource, namespace: path.namespace, name: path.name)).object) }
    }

    /// Whether the path names a namespace where the resource has one; lists may go over all of them.
    private var hasScope: Bool {
        if !resource.isNamespaced { return path.namespace.isEmpty }
        return !path.namespace.isEmpty || (path.name.isEmpty && request.method == "GET")
    }

    /// In which form the answer is wanted.
    private func accepted() throws(APIError) -> Accepted {
        var accepted = try Accepted(request.headers.first(name: "Accept"), isStream: isWatch)
        if accepted.shape == .table { accepted.included = try TableRenderer.included(query["includeObject"]) }
        return accepted
    }

    /// Goes on until one side ends it.
    var isLongRunning: Bool {
        isWatch || ["log", "exec", "attach", "portforward", "proxy"].contains(path.subresource)
    }

    private var isWatch: Bool { path.isWatch || query.flag("watch") }

    static let methodNotAllowed = APIError(
        code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource",
        details: .emptyObject)

    /// A verb that the resource does not have.
    private func checkVerb() throws(APIError) {
        let verbs = path.subresource.isEmpty ? resource.verbs : resource.subresource(path.subresource)?.verbs ?? []
        let verb: String
        switch request.method {
        case "GET": verb = path.name.isEmpty ? (isWatch ? "watch" : "list") : path.isWatch ? "watch" : "get"
        case "POST": verb = "create"
        case "PUT": verb = "update"
        case "PATCH": verb = "patch"
        case "DELETE": verb = path.name.isEmpty ? "deletecollection" : "delete"
        default: throw Call.methodNotAllowed
        }
        guard verbs.contains(verb) else { throw Call.methodNotAllowed }
        if verb == "create", !path.name.isEmpty, path.subresource.isEmpty { throw Call.methodNotAllowed }
    }

    // MARK: - Reading

    /// The answer to a plain read of one object, for which nothing has to be waited; nil for what is not plain.
    func now() throws(APIError) -> HTTPResponse? {
        guard resource.isNamespaced == !path.namespace.isEmpty, resource.verbs.contains("get"), !isWatch else { return nil }
        return try get()
    }

    private func get() throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let asked = query["resourceVersion"]
        if !asked.isEmpty {
            let revision: Revision
            do throws(APIError) { revision = try server.resourceVersion(asked) } catch {
                throw .plainError(
                    "resourceVersion: Invalid value: \"\(asked)\": strconv.ParseUint: parsing \"\(asked)\": invalid syntax")
            }
            if revision > server.store.revision { throw .tooLarge(revision, current: server.store.revision) }
        }
        return try ResponseBytes.object(try server.get(target), accepted, resource)
    }

    private func list() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let options = try RequestOptions.list(query)
        try RequestOptions.check(options, isWatch: false, query)
        return try ResponseBytes.list(try server.list(target, options), accepted, resource)
    }

    private func watch() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        var options = try RequestOptions.list(query)
        try RequestOptions.check(options, isWatch: true, query)
        var target = target
        if !target.name.isEmpty {
            options.fieldSelector = "metadata.name=\(target.name)"
            target.name = ""
        }
        let session: WatchSession
        do throws(APIError) { session = try server.watch(target, options) } catch {
            guard error.isExpired else { throw error }
            return WatchStream.failed(error)
        }
        return WatchStream.response(
            session, resource, accepted, seconds: options.timeoutSeconds, bookmarks: options.allowWatchBookmarks)
    }

    // MARK: - Writing

    private func context(options: WriteOptions) -> RequestContext {
        RequestContext(user: user, userAgent: request.headers.first(name: "User-Agent") ?? "", options: options)
    }

    private func create() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let context = context(options: try RequestOptions.write(query, patch: nil, kind: "CreateOptions"))
        let body = try RequestBody.object(
            request, limits: .request, kind: resource.kind, version: resource.version, yaml: server.configuration.yaml, context: context)
        return try await answer(accepted, context) { () throws(APIError) in
            var result = try await server.create(target, body, context)
            result.isCreated = true
            return result
        }
    }

    private func update() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let context = context(options: try RequestOptions.write(query, patch: nil, kind: "UpdateOptions"))
        let body = try RequestBody.object(
            request, limits: .request, kind: resource.kind, version: resource.version, yaml: server.configuration.yaml, context: context)
        return try await answer(accepted, context) { () throws(APIError) in try await server.update(target, body, context) }
    }

    private func patch() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let patch = try RequestBody.patch(request, resource, yaml: server.configuration.yaml)
        let context = context(options: try RequestOptions.write(query, patch: patch.kind, kind: "PatchOptions"))
        return try await answer(accepted, context) { () throws(APIError) in try await server.patch(target, patch, context) }
    }

    private func delete() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let options = try RequestOptions.delete(query, request)
        let context = context(options: WriteOptions(dryRun: options.dryRun))
        warnOfOrphans(options, context)
        let result = try await server.delete(target, options, context)
        if let written = result.written {
            return warned(try ResponseBytes.object(written, accepted, resource), context)
        }
        return warned(ResponseBytes.value(ResponseBytes.deleted(target, uid: result.uid)), context)
    }

    private func deleteCollection() async throws(APIError) -> HTTPResponse {
        let accepted = try accepted()
        let list = try RequestOptions.list(query)
        try RequestOptions.check(list, isWatch: false, query)
        let options = try RequestOptions.delete(query, request)
        let context = context(options: WriteOptions(dryRun: options.dryRun))
        warnOfOrphans(options, context)
        return warned(
            try ResponseBytes.list(try await server.deleteCollection(target, list, options, context), accepted, resource), context)
    }

    /// The answer to a write, its warnings also where it failed.
    private func warnOfOrphans(_ options: DeleteOptions, _ context: RequestContext) {
        guard options.propagationPolicy.isEmpty, resource.gvr == .jobs else { return }
        context.warn([Deprecations.jobDeletion])
    }

    private func answer(
        _ accepted: Accepted, _ context: RequestContext, _ write: () async throws(APIError) -> WriteResult
    ) async throws(APIError) -> HTTPResponse {
        let result: WriteResult
        do throws(APIError) { result = try await write() } catch { return warned(ResponseBytes.status(error), context) }
        let status = result.isCreated ? 201 : 200
        return warned(try ResponseBytes.object(result.written, accepted, resource, status: status), context)
    }

    /// A refusal carries the warnings that were earned before it.
    private func warned(
        _ context: RequestContext, _ work: () async throws(APIError) -> HTTPResponse
    ) async throws(APIError) -> HTTPResponse {
        do throws(APIError) { return try await work() } catch {
            if context.warnings.isEmpty { throw error }
            return warned(ResponseBytes.status(error), context)
        }
    }

    private func warned(_ response: HTTPResponse, _ context: RequestContext) -> HTTPResponse {
        var response = response
        for text in context.warnings {
            let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            response.headers.append(("Warning", "299 - \"\(quoted)\""))
        }
        return response
    }
}
