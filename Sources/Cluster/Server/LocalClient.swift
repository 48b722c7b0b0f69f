import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import Synchronization

/// The API server as a client in the same process: the same pipeline, without HTTP and without copies of bodies.
public struct LocalClient: Client {
    let server: APIServer
    let user: UserInfo

    /// - Throws: 404 for a resource that is not served.
    private func target(
        _ resource: GroupVersionResource, _ namespace: String?, _ name: String?, _ subresource: String? = nil
    ) throws(APIError) -> Target {
        guard let found = server.registry.resource(resource) else {
            throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        return Target(
            found, namespace: found.isNamespaced ? namespace ?? "" : "", name: name ?? "", subresource: subresource ?? "")
    }

    /// Does what is allowed, and writes down that it was asked for.
    /// - Throws: 403.
    private func asked<Answer>(
        _ verb: String, _ target: Target, _ options: ListOptions = ListOptions(), body: Value? = nil,
        _ work: () async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        let request = AccessRequest(user, verb, target, fieldSelector: options.fieldSelector)
        guard let auditor = server.configuration.auditor else {
            try server.authorize(request)
            return try await work()
        }
        let trail = AuditTrail(auditor, AuditTrail.Call(userAgent, target, body: body), yaml: nil)
        trail.received(request, version: target.resource.version)
        do throws(APIError) {
            try server.authorize(request, trail)
            let answer = try await work()
            trail.complete(verb == "create" ? 201 : 200, (answer as? APIObject).map { .value($0.draft) })
            return answer
        } catch {
            trail.complete(error.code, .value(error.status))
            throw error
        }
    }

    /// Components are known by their name without `system:`.
    private var userAgent: String { user.name.hasPrefix("system:") ? String(user.name.dropFirst(7)) : user.name }

    private func context(_ options: WriteOptions = WriteOptions()) -> RequestContext {
        RequestContext(user: user, userAgent: userAgent, options: options)
    }

    public func get(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?
    ) async throws(APIError) -> APIObject {
        let target = try target(resource, namespace, name, subresource)
        return try await asked("get", target) { () throws(APIError) in try server.get(target).object }
    }

    public func list(
        _ resource: GroupVersionResource, namespace: String?, options: ListOptions
    ) async throws(APIError) -> ObjectList {
        let target = try target(resource, namespace, nil)
        return try await asked("list", target, options) { () throws(APIError) in
            let page = try server.list(target, options)
            return ObjectList(
                items: page.objects.map { ObjectBytes.object($0, as: target.resource.gvk) }, resourceVersion: String(page.revision),
                continueToken: page.continueToken)
        }
    }

    public func watch(
        _ resource: GroupVersionResource, namespace: String?, options: ListOptions
    ) async throws(APIError) -> AsyncThrowingStream<WatchEvent, any Error> {
        let target = try target(resource, namespace, nil)
        let session = try await asked("watch", target, options) { () throws(APIError) in try server.watch(target, options) }
        let gvk = target.resource.gvk
        let pending = Mutex<[WatchEvent]>([])
        let reader = WatchReader(session: session, gvk: gvk, pending: pending)
        return AsyncThrowingStream { try await reader.next() }
    }

    public func create(
        _ resource: GroupVersionResource, namespace: String?, name: String?, subresource: String?, object: Value,
        options: WriteOptions
    ) async throws(APIError) -> APIObject {
        let target = try target(resource, namespace, name, subresource)
        return try await asked("create", target, body: object) { () throws(APIError) in
            try await server.create(target, object.tree, context(options)).object
        }
    }

    public func update(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, object: Value,
        options: WriteOptions
    ) async throws(APIError) -> APIObject {
        let target = try target(resource, namespace, name, subresource)
        return try await asked("update", target, body: object) { () throws(APIError) in
            try await server.update(target, object.tree, context(options)).object
        }
    }

    public func patch(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, patch: Patch,
        options: WriteOptions
    ) async throws(APIError) -> APIObject {
        let target = try target(resource, namespace, name, subresource)
        return try await asked("patch", target, body: patch.body) { () throws(APIError) in
            try await server.patch(target, patch, context(options)).object
        }
    }

    @discardableResult
    public func delete(
        _ resource: GroupVersionResource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(APIError) -> APIObject? {
        let target = try target(resource, namespace, name)
        return try await asked("delete", target) { () throws(APIError) in
            try await server.delete(target, options, context(WriteOptions(dryRun: options.dryRun))).object
        }
    }

    public func deletion(_ resource: GroupVersionResource, namespace: String?, name: String) async -> DeletionRecord? {
        (try? target(resource, namespace, name)).flatMap(server.deletion)
    }
}

/// Hands out a session's frames one by one.
private final class WatchReader: Sendable {
    let session: WatchSession
    let gvk: GroupVersionKind
    /// Newest first.
    let pending: Mutex<[WatchEvent]>

    init(session: WatchSession, gvk: GroupVersionKind, pending: consuming sending Mutex<[WatchEvent]>) {
        self.session = session
        self.gvk = gvk
        self.pending = pending
    }

    func next() async throws -> WatchEvent? {
        while true {
            if let event = pending.withLock({ $0.popLast() }) { return event }
            if Task.isCancelled { return nil }
            guard let frames = try await session.next() else { return nil }
            let events = frames.reversed().map(event)
            pending.withLock { $0 = events }
        }
    }

    private func event(_ frame: WatchSession.Frame) -> WatchEvent {
        switch frame {
        case .added(let object): WatchEvent(.added, ObjectBytes.object(object, as: gvk))
        case .modified(let object): WatchEvent(.modified, ObjectBytes.object(object, as: gvk))
        case .deleted(let object): WatchEvent(.deleted, ObjectBytes.object(object, as: gvk))
        case .bookmark(let revision, let ends): WatchEvent(.bookmark, APIObject(Bookmark.object(revision, ends, gvk)))
        }
    }
}

/// An event that says how far a watch has come.
enum Bookmark {
    static func object(_ revision: Revision, _ endsInitialEvents: Bool, _ gvk: GroupVersionKind) -> Value {
        var metadata: Value = ["resourceVersion": .string(String(revision))]
        if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return ["kind": .string(gvk.kind), "apiVersion": .string(gvk.apiVersion), "metadata": metadata]
    }
}
