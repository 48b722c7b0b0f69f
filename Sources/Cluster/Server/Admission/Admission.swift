import ClusterAPI
import ClusterObjects

/// What an admission plugin knows of the request.
struct AdmissionRequest: Sendable {
    let target: Target
    let context: RequestContext
    let server: APIServer

    /// Whether this is a whole object of that kind, not a subresource.
    func isAbout(_ group: String, _ plural: String) -> Bool {
        target.resource.group == group && target.resource.plural == plural && target.subresource.isEmpty
    }
}

/// Changes objects on their way in, or refuses them. The methods a plugin does not have do nothing.
protocol AdmissionPlugin: Sendable {
    /// As in `--disable-admission-plugins`.
    var name: String { get }
    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError)
    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError)
    func validateDelete(_ object: Value, _ request: AdmissionRequest) throws(APIError)
    /// A POST to a subresource that makes no object of the resource: an eviction, a request for a token.
    func validateSubresource(_ body: Tree, _ request: AdmissionRequest) throws(APIError)
}

extension AdmissionPlugin {
    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {}
    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {}
    func validateDelete(_ object: Value, _ request: AdmissionRequest) throws(APIError) {}
    func validateSubresource(_ body: Tree, _ request: AdmissionRequest) throws(APIError) {}
}

/// The plugins in Kubernetes' order.
struct AdmissionChain: Sendable {
    private let plugins: [any AdmissionPlugin]

    init(enabled: Set<String>, disabled: Set<String>) {
        let chosen = AdmissionCatalogue.all.filter { entry in
            (entry.isOn || enabled.contains(entry.plugin.name)) && !disabled.contains(entry.plugin.name)
        }
        plugins = [CertificateConditions()] + chosen.map(\.plugin)
    }

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        for plugin in plugins { try plugin.admit(&object, old: old, request) }
    }

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        for plugin in plugins { try plugin.validate(object, old: old, request) }
    }

    func validateDelete(_ object: Value, _ request: AdmissionRequest) throws(APIError) {
        for plugin in plugins { try plugin.validateDelete(object, request) }
    }

    func validateSubresource(_ body: Tree, _ request: AdmissionRequest) throws(APIError) {
        for plugin in plugins { try plugin.validateSubresource(body, request) }
    }
}
