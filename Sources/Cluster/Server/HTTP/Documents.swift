import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Synchronization

/// What the server says of itself: discovery and version. Made when first asked for, and again when the registry has changed.
final class Documents: Sendable {
    private let server: APIServer
    private let made = Mutex<(generation: Int, discovery: Discovery)?>(nil)

    init(_ server: APIServer) { self.server = server }

    static let version: Value = [
        "major": "1", "minor": "36", "gitVersion": "v1.36.2+skiff", "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
        "goVersion": "", "compiler": "swift", "platform": "linux/amd64", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
    ]

    private var discovery: Discovery {
        let generation = server.registry.generation
        return made.withLock { made in
            if let made, made.generation == generation { return made.discovery }
            let discovery = Discovery(server.registry)
            made = (generation, discovery)
            return discovery
        }
    }

    /// The document at a path that is no resource's.
    func answer(_ request: HTTPRequest, _ parts: [String]) throws(APIError) -> HTTPResponse {
        let document: Value?
        switch (parts.first, parts.count) {
        case (nil, _):
            document = [
                "paths": [
                    "/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version",
                ]
            ]
        case ("api", 1):
            let accepted = try Accepted(request.headers.first(name: "Accept"), isDiscovery: true)
            if let type = accepted.aggregated { return ResponseBytes.value(discovery.aggregatedCore, type: type) }
            var versions = discovery.coreVersions
            let host = request.headers.first(name: "Host") ?? ""
            versions["serverAddressByClientCIDRs"] = [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(host)]]
            document = versions
        case ("apis", 1):
            let accepted = try Accepted(request.headers.first(name: "Accept"), isDiscovery: true)
            if let type = accepted.aggregated { return ResponseBytes.value(discovery.aggregatedGroups, type: type) }
            document = discovery.groups
        case ("apis", 2): document = discovery.group(parts[1])
        case ("api", 2), ("apis", 3):
            let version = parts.count == 2 ? GroupVersion("", parts[1]) : GroupVersion(parts[1], parts[2])
            document = discovery.resources(of: version)
            if document == nil, parts.count == 2 || discovery.group(parts[1]) != nil { throw ResponseBytes.noSuchResource }
        case (".well-known", 2) where parts[1] == "openid-configuration":
            let host = request.headers.first(name: "Host") ?? ""
            document = [
                "issuer": .string(server.configuration.serviceAccountIssuer), "jwks_uri": .string("https://\(host)/openid/v1/jwks"),
                "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            ]
        case ("openid", 3) where parts[1] == "v1" && parts[2] == "jwks":
            return ResponseBytes.value(server.configuration.serviceAccountKey.keySet, type: "application/jwk-set+json")
        case ("skiff", 3) where "/" + parts.joined(separator: "/") == DeletionRecord.path:
            document = try server.deletionDocument(Query(request.query))
        case ("metrics", 1):
            var response = ResponseBytes.text("")
            response.headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]
            response.body = .bytes(server.metrics.text)
            return response
        case ("openapi", _):
            if let found = try openAPI(request, Array(parts.dropFirst())) { return found }
            document = nil
        default: document = nil
        }
        guard let document else { return ResponseBytes.pageNotFound }
        guard request.method == "GET" || request.method == "HEAD" else { throw Call.methodNotAllowed }
        return ResponseBytes.value(document)
    }

    /// An OpenAPI document, as JSON; the second version as protobuf too. What is asked for by its hash may be kept.
    private func openAPI(_ request: HTTPRequest, _ parts: [String]) throws(APIError) -> HTTPResponse? {
        let accepted = request.headers.first(name: "Accept")
        let asProtobuf = parts == ["v2"] && Accepted.prefers([SwaggerProtobuf.mediaType, SwaggerProtobuf.oldMediaType], in: accepted)
        if !asProtobuf { _ = try Accepted(accepted) }
        guard request.method == "GET" || request.method == "HEAD" else { throw Call.methodNotAllowed }
        let openAPI = OpenAPI(server.registry)
        if asProtobuf {
            return HTTPResponse(
                status: 200, headers: [("Content-Type", SwaggerProtobuf.mediaType), ("Vary", "Accept")],
                body: .bytes(SwaggerProtobuf.encode(openAPI.swagger)))
        }
        switch (parts.first, parts.count) {
        case ("v2", 1): return ResponseBytes.value(openAPI.swagger)
        case ("v3", 1): return ResponseBytes.value(openAPI.index)
        case ("v3", 3) where parts[1] == "api", ("v3", 4) where parts[1] == "apis":
            let version = parts.count == 3 ? GroupVersion("", parts[2]) : GroupVersion(parts[2], parts[3])
            guard let document = openAPI.document(of: version) else { return nil }
            var response = ResponseBytes.value(document)
            if Query(request.query)["hash"] == openAPI.hash(of: version) {
                response.headers.append(("Cache-Control", "public, immutable, max-age=31536000"))
            }
            return response
        default: return nil
        }
    }
}
