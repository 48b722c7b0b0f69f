import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import ClusterStore
import ClusterTransport
import Logging
import Testing

/// A server over memory, as new clusters start.
struct TestServer {
    let server: APIServer
    let store: MemoryStore
    let front: HTTPFront
    let client: LocalClient

    init(
        store: MemoryStore = MemoryStore(), disabled: Set<String> = ["ServiceAccount"], enabled: Set<String> = [],
        key: ServiceAccountKey = ServiceAccountKey(), allowsUnenforced: Bool = false, network: ServiceNetwork = .standard
    ) async throws {
        var configuration = APIServerConfiguration(disabledAdmissionPlugins: disabled)
        configuration.enabledAdmissionPlugins = enabled
        configuration.serviceAccountKey = key
        configuration.allowsUnenforced = allowsUnenforced
        configuration.serviceNetwork = network
        self.store = store
        server = APIServer(configuration: configuration, store: store, registry: .builtIn(), logger: Logger(label: "test"))
        front = HTTPFront(server)
        client = server.localClient(user: "tester")
        try await server.bootstrap(port: 6443)
    }

    /// A request as it would come over HTTP; by default from an administrator with a certificate.
    func http(
        _ method: String, _ path: String, query: String = "", body: String = "", headers: [(String, String)] = [], anonymous: Bool = false
    ) async throws -> (status: Int, body: Value, text: String) {
        let peer = anonymous ? nil : PeerIdentity(commonName: "admin", organizations: ["system:masters"])
        let response = await front.respond(
            to: HTTPRequest(
                method: method, path: path, query: query, headers: .init(headers), body: Array(body.utf8), peer: peer))
        guard case .bytes(let bytes) = response.body else { return (response.status, .null, "") }
        return (response.status, (try? Value(parsing: bytes)) ?? .null, String(decoding: bytes, as: UTF8.self))
    }
}

extension TestServer {
    /// What a request of an administrator is answered, and warned of.
    func response(_ method: String, _ path: String, _ body: Value) async throws -> (status: Int, warnings: [String]) {
        let peer = PeerIdentity(commonName: "admin", organizations: ["system:masters"])
        let headers = [("Content-Type", "application/json")]
        let response = await front.respond(
            to: HTTPRequest(
                method: method, path: path, query: "", headers: .init(headers), body: Array(body.jsonText.utf8), peer: peer))
        return (response.status, response.headers.filter { $0.0.lowercased() == "warning" }.map(\.1))
    }
}

/// The error that work ends with; fails when it ends with none.
func refusal(_ work: () async throws -> Void) async -> APIError? {
    do { try await work() } catch { return error as? APIError }
    Issue.record("nothing was refused")
    return nil
}

func configMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]) -> Value {
    ["metadata": ["name": .string(name), "labels": Value(labels)], "data": Value(data)]
}

func pod(_ name: String, labels: [String: String] = [:]) -> Value {
    [
        "metadata": ["name": .string(name), "labels": Value(labels)],
        "spec": ["containers": [["name": "c", "image": "host/sleep"]]],
    ]
}

extension LocalClient {
    func update(_ resource: GroupVersionResource, namespace: String?, name: String, object: Value) async throws(APIError) -> APIObject {
        try await update(
            resource, namespace: namespace, name: name, subresource: nil, object: object, options: WriteOptions())
    }

    func patch(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String? = nil, patch: Patch
    ) async throws(APIError) -> APIObject {
        try await self.patch(
            resource, namespace: namespace, name: name, subresource: subresource, patch: patch, options: WriteOptions())
    }

    @discardableResult
    func delete(_ resource: GroupVersionResource, namespace: String?, name: String) async throws(APIError) -> APIObject? {
        try await delete(resource, namespace: namespace, name: name, options: DeleteOptions())
    }
}
