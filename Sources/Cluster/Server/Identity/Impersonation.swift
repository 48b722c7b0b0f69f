import ClusterAPI
import ClusterTransport

/// Lets somebody act as somebody else, when they may: `Impersonate-User`, `-Group`, `-Uid`, `-Extra-KEY`.
/// Source: k8s.io/apiserver/pkg/endpoints/filters/impersonation.
struct Impersonation: Sendable {
    /// One thing that is taken on; what `impersonate` must be allowed on.
    struct Part: Sendable, Hashable {
        var group = ""
        var resource: String
        /// The key of an extra.
        var subresource = ""
        var namespace = ""
        var name: String
    }

    private(set) var parts: [Part] = []
    /// Who is acted as.
    private(set) var user: UserInfo

    /// Whether a request asks to act as somebody else. Cheap: most do not.
    static func isAsked(_ request: HTTPRequest) -> Bool {
        request.headers.contains { name, _ in name.utf8.count > 12 && name.prefix(12).lowercased() == "impersonate-" }
    }

    /// Nil when nothing is asked.
    /// - Throws: 400 for groups, extras or a uid of nobody.
    init?(_ request: HTTPRequest) throws(APIError) {
        let headers = request.headers
        let name = headers.first(name: "Impersonate-User") ?? ""
        let groups = headers[canonicalForm: "Impersonate-Group"].map(String.init)
        let uid = headers.first(name: "Impersonate-Uid") ?? ""
        var extra: [String: [String]] = [:]
        for (header, value) in headers where header.lowercased().hasPrefix(Impersonation.extraPrefix) {
            let key = Percent.decode(Array(header.lowercased().utf8).dropFirst(Impersonation.extraPrefix.utf8.count))
            extra[key, default: []].append(value)
        }
        let account = ServiceAccountName(user: name)
        if let account {
            parts.append(Part(resource: "serviceaccounts", namespace: account.namespace, name: account.name))
        } else if !name.isEmpty {
            parts.append(Part(resource: "users", name: name))
        }
        parts += groups.map { Part(resource: "groups", name: $0) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            parts += values.map { Part(group: "authentication.k8s.io", resource: "userextras", subresource: key, name: $0) }
        }
        if !uid.isEmpty { parts.append(Part(group: "authentication.k8s.io", resource: "uids", name: uid)) }
        guard !parts.isEmpty else { return nil }
        guard !name.isEmpty else {
            throw .badRequest("requested [\(parts.map(\.shown).joined(separator: " "))] without impersonating a user")
        }
        user = UserInfo(
            name: name, uid: uid, groups: Impersonation.groups(name, account: groups.isEmpty ? account : nil, groups), extra: extra)
    }

    private static let extraPrefix = "impersonate-extra-"

    /// Groups that are named say it all, but that everybody is authenticated or not.
    private static func groups(_ name: String, account: ServiceAccountName?, _ named: [String]) -> [String] {
        var groups = account?.groups ?? named
        if name == UserInfo.anonymous.name {
            if !groups.contains("system:unauthenticated") { groups.append("system:unauthenticated") }
        } else if !groups.contains("system:authenticated"), !groups.contains("system:unauthenticated") {
            groups.append("system:authenticated")
        }
        return groups
    }

    /// The user that a request is made as.
    /// - Throws: 403 when it may not be, naming the first part that may not.
    static func user(
        of request: HTTPRequest, _ requester: UserInfo, _ server: APIServer, _ trail: AuditTrail?
    ) throws(APIError) -> UserInfo {
        guard isAsked(request), let wanted = try Impersonation(request) else { return requester }
        for part in wanted.parts {
            try server.authorize(
                AccessRequest(
                    requester, "impersonate", group: part.group, resource: part.resource, subresource: part.subresource,
                    namespace: part.namespace, name: part.name), trail)
        }
        trail?.impersonated(wanted.user)
        return wanted.user
    }
}

extension Impersonation.Part {
    /// As Go prints an ObjectReference.
    fileprivate var shown: String {
        let kind = ["serviceaccounts": "ServiceAccount", "users": "User", "groups": "Group", "userextras": "UserExtra", "uids": "UID"]
        let version = group.isEmpty ? "" : "\(group)/v1"
        return "{\(kind[resource] ?? "") \(namespace) \(name)  \(version)  \(subresource)}"
    }
}

/// The service account that a user name stands for: `system:serviceaccount:NAMESPACE:NAME`.
struct ServiceAccountName: Sendable, Hashable {
    var namespace: String
    var name: String

    init?(user: String) {
        let prefix = "system:serviceaccount:"
        guard user.hasPrefix(prefix) else { return nil }
        let parts = user.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        (namespace, name) = (String(parts[0]), String(parts[1]))
    }

    /// The groups of every account of the namespace.
    var groups: [String] { ["system:serviceaccounts", "system:serviceaccounts:\(namespace)"] }
}
