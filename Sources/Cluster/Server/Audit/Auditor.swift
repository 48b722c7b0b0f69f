import ClusterObjects
import ClusterTransport

/// Writes down who did what, as far as a policy asks for it.
public struct Auditor: Sendable {
    let policy: AuditPolicy
    let log: AuditLog

    public init(policy: AuditPolicy, log: AuditLog) {
        self.policy = policy
        self.log = log
    }
}

extension AuditTrail.Call {
    /// Over HTTP.
    init(_ request: HTTPRequest) {
        method = request.method.lowercased()
        uri = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
        userAgent = request.headers.first(name: "User-Agent") ?? ""
        source = request.remote
        let given = request.headers.first(name: "Audit-ID") ?? ""
        id = given.isEmpty || given.utf8.count > 64 ? Identifiers.uid() : given
        body = request.body.isEmpty ? nil : .bytes(request.body)
    }

    /// In process.
    init(_ userAgent: String, _ target: Target, body: Value?) {
        let group = target.resource.group
        var uri = group.isEmpty ? "/api" : "/apis/\(group)"
        uri += "/\(target.resource.version)"
        if !target.namespace.isEmpty { uri += "/namespaces/\(target.namespace)" }
        for part in [target.resource.plural, target.name, target.subresource] where !part.isEmpty { uri += "/\(part)" }
        self.uri = uri
        method = ""
        self.userAgent = userAgent
        source = "127.0.0.1"
        id = Identifiers.uid()
        self.body = body.map { .value($0) }
    }
}
