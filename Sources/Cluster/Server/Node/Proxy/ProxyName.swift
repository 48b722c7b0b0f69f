/// What a `proxy` subresource is of: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`, where other requests have a name.
/// (k8s.io/apimachinery, util/net, SplitSchemeNamePort.)
struct ProxyName: Hashable {
    /// `http` where none is said.
    var scheme: String
    var name: String
    /// A number or, of a service, a name; empty where none is said.
    var port: String

    /// Nil for what is none of the three forms.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: (scheme, name, port) = ("", parts[0], "")
        case 2: (scheme, name, port) = ("", parts[0], parts[1])
        case 3: (scheme, name, port) = (parts[0], parts[1], parts[2])
        default: return nil
        }
        guard !name.isEmpty, ["", "http", "https"].contains(scheme) else { return nil }
        if scheme.isEmpty { scheme = "http" }
    }
}
