import ClusterAPI
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
            document = ["paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]]
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
        case ("openapi", 2) where parts[1] == "v2": document = OpenAPI(server.registry).swagger
        case ("openapi", 2) where parts[1] == "v3": document = OpenAPI(server.registry).index
        case ("openapi", 4) where parts[1] == "v3" && parts[2] == "api":
            document = OpenAPI(server.registry).document(of: GroupVersion("", parts[3]))
        case ("openapi", 5) where parts[1] == "v3" && parts[2] == "apis":
            document = OpenAPI(server.registry).document(of: GroupVersion(parts[3], parts[4]))
        default: document = nil
        }
        guard let document else { return ResponseBytes.pageNotFound }
        guard request.method == "GET" || request.method == "HEAD" else { throw Call.methodNotAllowed }
        return ResponseBytes.value(document)
    }
}
