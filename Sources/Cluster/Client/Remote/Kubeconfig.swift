import ClusterObjects
import Foundation

/// Why a kubeconfig is of no use: names the field.
public struct KubeconfigError: Error, Sendable, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}

/// How to reach one cluster as one user: what is left of a kubeconfig file once its current context is followed.
/// Source: k8s.io/client-go/tools/clientcmd/api/v1.
public struct Kubeconfig: Sendable, Hashable {
    /// e.g. `https://127.0.0.1:6443`.
    public var server: String
    /// Certificates that the server's must be signed by, as PEM; nil for the system's.
    public var authority: String?
    /// The client's certificate and its key, as PEM.
    public var certificate: String?
    public var key: String?
    public var token: String?
    /// Takes any certificate of the server.
    public var insecure: Bool
    /// The namespace of the context; empty when it has none.
    public var namespace: String

    public init(
        server: String, authority: String? = nil, certificate: String? = nil, key: String? = nil, token: String? = nil,
        insecure: Bool = false, namespace: String = ""
    ) {
        self.server = server
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.token = token
        self.insecure = insecure
        self.namespace = namespace
    }

    /// Follows a context of a kubeconfig, the current one when nil. Files that it names are read, relative to `directory`.
    /// - Throws: ``KubeconfigError`` for a context, cluster or user that is not there, files that cannot be read, and ways to log in that
    ///   need another program.
    public init(_ config: Value, context: String? = nil, directory: String) throws(KubeconfigError) {
        let wanted = context ?? config["current-context"]?.string ?? ""
        if wanted.isEmpty { throw KubeconfigError("current-context: not set; name one") }
        let chosen = try Kubeconfig.entry("contexts", "context", wanted, config)
        let cluster = try Kubeconfig.entry("clusters", "cluster", chosen["cluster"]?.string ?? "", config)
        guard let server = cluster["server"]?.string, !server.isEmpty else {
            throw KubeconfigError("clusters[\(chosen["cluster"]?.string ?? "")].cluster.server: not set")
        }
        self.init(server: server, insecure: cluster["insecure-skip-tls-verify"]?.bool ?? false)
        namespace = chosen["namespace"]?.string ?? ""
        authority = try Kubeconfig.pem(cluster, "certificate-authority", directory)
        guard let userName = chosen["user"]?.string, !userName.isEmpty else { return }
        let user = try Kubeconfig.entry("users", "user", userName, config)
        for unsupported in ["exec", "auth-provider", "username"] where user[unsupported] != nil {
            throw KubeconfigError("users[\(userName)].user.\(unsupported): not supported; use a token or a client certificate")
        }
        certificate = try Kubeconfig.pem(user, "client-certificate", directory)
        key = try Kubeconfig.pem(user, "client-key", directory)
        if (certificate == nil) != (key == nil) {
            throw KubeconfigError("users[\(userName)].user: client-certificate and client-key belong together")
        }
        token = user["token"]?.string
        if token == nil, let file = user["tokenFile"]?.string {
            token = try Kubeconfig.contents(file, directory, "tokenFile").trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// The kubeconfig file that says this, with one cluster, user and context, all of one name.
    public func yaml(name: String = "skiff", user: String = "admin") -> String {
        // JSON strings are YAML strings.
        func quoted(_ text: String) -> String { Value.string(text).jsonText }
        func encoded(_ pem: String) -> String { Data(pem.utf8).base64EncodedString() }
        var text = """
            apiVersion: v1
            kind: Config
            clusters:
            - name: \(quoted(name))
              cluster:
                server: \(quoted(server))

            """
        if let authority { text += "    certificate-authority-data: \(encoded(authority))\n" }
        if insecure { text += "    insecure-skip-tls-verify: true\n" }
        text += "users:\n- name: \(quoted(user))\n"
        let hasCredentials = certificate != nil || key != nil || token != nil
        text += hasCredentials ? "  user:\n" : "  user: {}\n"
        if let certificate { text += "    client-certificate-data: \(encoded(certificate))\n" }
        if let key { text += "    client-key-data: \(encoded(key))\n" }
        if let token { text += "    token: \(quoted(token))\n" }
        text += "contexts:\n- name: \(quoted(name))\n  context:\n    cluster: \(quoted(name))\n    user: \(quoted(user))\n"
        if !namespace.isEmpty { text += "    namespace: \(quoted(namespace))\n" }
        return text + "current-context: \(quoted(name))\n"
    }

    private static func entry(_ list: String, _ field: String, _ name: String, _ config: Value) throws(KubeconfigError) -> Value {
        guard let found = config[list]?.array?.first(where: { $0["name"]?.string == name }) else {
            throw KubeconfigError("\(list): no entry named \"\(name)\"")
        }
        return found[field] ?? .emptyObject
    }

    /// `FIELD-data`, base64, wins over `FIELD`, a path.
    private static func pem(_ entry: Value, _ field: String, _ directory: String) throws(KubeconfigError) -> String? {
        if let data = entry["\(field)-data"]?.string, !data.isEmpty {
            guard let decoded = Data(base64Encoded: data, options: .ignoreUnknownCharacters) else {
                throw KubeconfigError("\(field)-data: not base64")
            }
            return String(decoding: decoded, as: UTF8.self)
        }
        guard let path = entry[field]?.string, !path.isEmpty else { return nil }
        return try contents(path, directory, field)
    }

    private static func contents(_ path: String, _ directory: String, _ field: String) throws(KubeconfigError) -> String {
        let absolute = path.hasPrefix("/") ? path : "\(directory)/\(path)"
        guard let text = try? String(contentsOfFile: absolute, encoding: .utf8) else {
            throw KubeconfigError("\(field): \(absolute) cannot be read")
        }
        return text
    }
}
