import AsyncHTTPClient
import ClusterAPI
import ClusterObjects
import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A ``Client`` of an API server over HTTPS.
///
/// Connections are kept and reused; they close when the client is let go of. A server that is busy (429, or 503 with `Retry-After`) is asked
/// again up to five times; one that cannot be reached is a 503 at once that names the address.
public final class RemoteClient: Client {
    private static let patience = TimeAmount.seconds(60)
    private static let mostTries = 5
    private static let longestWait = 10
    private static let largestBody = 1 << 30

    private let server: String
    private let headers: HTTPHeaders
    private let http: HTTPClient

    /// - Throws: ``KubeconfigError`` for certificates and keys that are none.
    public init(_ config: Kubeconfig, userAgent: String = "skiff") throws(KubeconfigError) {
        var settings = HTTPClient.Configuration(tlsConfiguration: try RemoteClient.tls(config))
        settings.timeout.connect = .seconds(10)
        // Watches send bookmarks about once a minute: silence for longer means a dead connection.
        settings.timeout.read = .minutes(10)
        // One that refuses is told of at once: whoever asks decides when to ask again.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        // Every watch takes a connection of its own where the server speaks only HTTP/1.1.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        settings.connectionPool.idleTimeout = .seconds(60)
        server = config.server
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        var headers: HTTPHeaders = ["Accept": "application/json", "User-Agent": userAgent]
        if let token = config.token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        self.headers = headers
    }

    deinit { http.shutdown(queue: .global()) { _ in } }

    private static func tls(_ config: Kubeconfig) throws(KubeconfigError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if config.insecure { tls.certificateVerification = .none }
        if let authority = config.authority {
            guard let roots = try? NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)), !roots.isEmpty else {
                throw KubeconfigError("certificate-authority: no certificate in PEM")
            }
            tls.trustRoots = .certificates(roots)
        }
        guard let certificate = config.certificate, let key = config.key else { return tls }
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)), !chain.isEmpty else {
            throw KubeconfigError("client-certificate: no certificate in PEM")
        }
        guard let secret = try? NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem) else {
            throw KubeconfigError("client-key: no private key in PEM")
        }
        tls.certificateChain = chain.map { .certificate($0) }
        tls.privateKey = .privateKey(secret)
        return tls
    }

    // MARK: - Reading

    public func get(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?
    ) async throws(APIError) -> APIObject {
        try await object(.GET, RequestURL(server: server, resource, namespace: namespace, name: name, subresource: subresource))
    }

    public func list(
        _ resource: GroupVersionResource, namespace: String?, options: ListOptions
    ) async throws(APIError) -> ObjectList {
        var url = RequestURL(server: server, resource, namespace: namespace)
        url.add(options)
        return try ListBody.read(try await tree(.GET, url))
    }

    public func watch(
        _ resource: GroupVersionResource, namespace: String?, options: ListOptions
    ) async throws(APIError) -> AsyncThrowingStream<WatchEvent, any Error> {
        var url = RequestURL(server: server, resource, namespace: namespace)
        url.add("watch", "true")
        url.add(options)
        if options.allowWatchBookmarks { url.add("allowWatchBookmarks", "true") }
        if options.sendInitialEvents { url.add("sendInitialEvents", "true") }
        if options.timeoutSeconds > 0 { url.add("timeoutSeconds", String(options.timeoutSeconds)) }
        return WatchBody.events(try await send(.GET, url).body)
    }

    /// The body of any path of the server, e.g. `/readyz` or `/version`.
    public func raw(_ path: String) async throws(APIError) -> [UInt8] {
        var base = Substring(server)
        while base.last == "/" { base.removeLast() }
        return try await bytes(try await send(.GET, base + path))
    }

    // MARK: - Writing

    public func create(
        _ resource: GroupVersionResource, namespace: String?, name: String?, subresource: String?, object: Value, options: WriteOptions
    ) async throws(APIError) -> APIObject {
        var url = RequestURL(server: server, resource, namespace: namespace, name: name, subresource: subresource)
        url.add(options)
        return try await self.object(.POST, url, object)
    }

    public func update(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, object: Value,
        options: WriteOptions
    ) async throws(APIError) -> APIObject {
        var url = RequestURL(server: server, resource, namespace: namespace, name: name, subresource: subresource)
        url.add(options)
        return try await self.object(.PUT, url, object)
    }

    public func patch(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, patch: Patch,
        options: WriteOptions
    ) async throws(APIError) -> APIObject {
        var url = RequestURL(server: server, resource, namespace: namespace, name: name, subresource: subresource)
        url.add(options)
        return try await object(.PATCH, url, patch.body, type: patch.kind.rawValue)
    }

    @discardableResult
    public func delete(
        _ resource: GroupVersionResource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(APIError) -> APIObject? {
        let url = RequestURL(server: server, resource, namespace: namespace, name: name)
        let answer = try await tree(.DELETE, url, options.body)
        return answer["kind"]?.string == "Status" ? nil : APIObject(answer)
    }

    public func deletion(_ resource: GroupVersionResource, namespace: String?, name: String) async -> DeletionRecord? {
        var url = RequestURL(server: server, path: DeletionRecord.path)
        url.add("group", resource.group)
        url.add("version", resource.version)
        url.add("resource", resource.resource)
        url.add("namespace", namespace ?? "")
        url.add("name", name)
        return (try? await tree(.GET, url)).flatMap { DeletionRecord($0) }
    }

    // MARK: - Requests

    private func object(
        _ method: HTTPMethod, _ url: RequestURL, _ body: Value? = nil, type: String = "application/json"
    ) async throws(APIError) -> APIObject {
        APIObject(try await tree(method, url, body, type: type))
    }

    private func tree(
        _ method: HTTPMethod, _ url: RequestURL, _ body: Value? = nil, type: String = "application/json"
    ) async throws(APIError) -> Tree {
        let answer = try await bytes(try await send(method, url.text, body, type: type))
        do throws(JSONError) { return try Tree(parsing: answer, limits: JSONLimits(size: RemoteClient.largestBody)) } catch {
            throw APIError.internalError("\(server) answered what is not JSON: \(error)")
        }
    }

    private func send(_ method: HTTPMethod, _ url: RequestURL) async throws(APIError) -> HTTPClientResponse {
        try await send(method, url.text)
    }

    /// - Throws: what the server answered, unless it is a success.
    private func send(
        _ method: HTTPMethod, _ url: String, _ body: Value? = nil, type: String = "application/json"
    ) async throws(APIError) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(body.json)
        }
        for attempt in 1... {
            let response: HTTPClientResponse
            do { response = try await http.execute(request, timeout: RemoteClient.patience) } catch { throw unreachable(error) }
            if 200..<300 ~= response.status.code { return response }
            let failure = try await failure(response)
            guard let seconds = response.headers.first(name: "retry-after").flatMap({ Int($0) }), attempt < RemoteClient.mostTries,
                failure.code == 429 || failure.code == 503
            else { throw failure }
            do { try await Task.sleep(for: .seconds(min(max(seconds, 1), RemoteClient.longestWait))) } catch { throw failure }
        }
        throw unreachable(HTTPClientError.cancelled)
    }

    private func bytes(_ response: HTTPClientResponse) async throws(APIError) -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: RemoteClient.largestBody))
        } catch { throw unreachable(error) }
    }

    private func failure(_ response: HTTPClientResponse) async throws(APIError) -> APIError {
        let code = Int(response.status.code)
        let body = try await bytes(response)
        if let status = try? Tree(parsing: body), status["kind"]?.string == "Status" { return APIError(status: status, code: code) }
        let text = String(decoding: body.prefix(1024), as: UTF8.self).trimmingSuffix(while: \.isWhitespace)
        return APIError(code: code, reason: code == 401 ? "Unauthorized" : "", message: text.isEmpty ? "\(response.status)" : String(text))
    }

    private func unreachable(_ error: any Error) -> APIError {
        let why: String
        switch error {
        case let failed as NIOConnectionError: why = failed.connectionErrors.first.map { "\($0.error)" } ?? "no address"
        case let tls as NIOSSLError:
            why = "TLS: \(tls); is it the cluster that this kubeconfig is of?"
        case let client as HTTPClientError where client == .connectTimeout || client == .deadlineExceeded: why = "no answer in time"
        case is CancellationError: why = "cancelled"
        default: why = "\(error)"
        }
        return APIError(code: 503, reason: "ServiceUnavailable", message: "\(server) cannot be reached: \(why)")
    }
}

extension DeleteOptions {
    /// As the body of a DELETE.
    var body: Value {
        var body: Value = ["kind": "DeleteOptions", "apiVersion": "v1"]
        if let gracePeriodSeconds { body["gracePeriodSeconds"] = Value(gracePeriodSeconds) }
        if !propagationPolicy.isEmpty { body["propagationPolicy"] = Value(propagationPolicy) }
        if !uid.isEmpty { body[path: "preconditions", "uid"] = Value(uid) }
        if !resourceVersion.isEmpty { body[path: "preconditions", "resourceVersion"] = Value(resourceVersion) }
        if dryRun { body["dryRun"] = ["All"] }
        return body
    }
}

extension String {
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, matches(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
