import ClusterAPI
import ClusterObjects

/// What an authorizer says to a request.
enum AccessDecision: Sendable, Hashable {
    case allow(AccessReason = .none)
    /// With the reason, which is for people; empty for none.
    case deny(String = "")
    /// The next authorizer is asked; when none allows, the answer is no.
    case noOpinion(String = "")
}

/// Why something is allowed, as a sentence only when somebody wants to read it: most requests are allowed, and nobody asks why.
enum AccessReason: Sendable, Hashable, CustomStringConvertible {
    case none
    case grant(RoleIndex.Grant)

    var description: String {
        switch self {
        case .none: ""
        case .grant(let grant): "RBAC: allowed by \(grant.description)"
        }
    }
}

/// What a user may do, as far as an authorizer can list it.
struct UserRules: Sendable {
    var rules: [PolicyRule] = []
    /// There is more, or less, than the rules say.
    var isIncomplete = false
    var errors: [String] = []
}

/// Says who may do what.
protocol Authorizer: Sendable {
    func decide(_ request: AccessRequest) -> AccessDecision
    /// What a user may do in a namespace (and in cluster scope).
    func rules(of user: UserInfo, in namespace: String) -> UserRules
}

/// kube-apiserver's `--authorization-mode`.
public enum AuthorizationMode: String, Sendable, CaseIterable {
    case alwaysAllow = "AlwaysAllow"
    case alwaysDeny = "AlwaysDeny"
    case node = "Node"
    case rbac = "RBAC"
}

/// Allows or refuses everything.
struct FixedAuthorizer: Authorizer {
    let allows: Bool

    func decide(_ request: AccessRequest) -> AccessDecision {
        allows ? .allow() : .noOpinion("Everything is forbidden.")
    }

    func rules(of user: UserInfo, in namespace: String) -> UserRules {
        allows ? UserRules(rules: PolicyRule.fullAuthority) : UserRules()
    }
}

/// Asks authorizers one after the other. Members of `system:masters` may do everything, whatever the authorizers say.
/// Source: k8s.io/apiserver/pkg/authorization/union.
struct AuthorizerChain: Authorizer {
    let authorizers: [any Authorizer]
    static let masters = "system:masters"

    func decide(_ request: AccessRequest) -> AccessDecision {
        if request.user.groups.contains(AuthorizerChain.masters) { return .allow() }
        var reasons: [String] = []
        for authorizer in authorizers {
            switch authorizer.decide(request) {
            case .allow(let reason): return .allow(reason)
            case .deny(let reason): return .deny(reason)
            case .noOpinion(let reason): if !reason.isEmpty { reasons.append(reason) }
            }
        }
        return .noOpinion(reasons.joined(separator: "\n"))
    }

    func rules(of user: UserInfo, in namespace: String) -> UserRules {
        var result = UserRules()
        for authorizer in authorizers {
            let part = authorizer.rules(of: user, in: namespace)
            result.rules += part.rules
            result.isIncomplete = result.isIncomplete || part.isIncomplete
            result.errors += part.errors
        }
        return result
    }
}

extension APIServer {
    /// - Parameter trail: is told of the decision.
    /// - Throws: 403, worded as Kubernetes does.
    func authorize(_ request: AccessRequest, _ trail: AuditTrail? = nil) throws(APIError) {
        let decision = authorizer.decide(request)
        trail?.decided(decision)
        switch decision {
        case .allow: return
        case .deny(let reason), .noOpinion(let reason): throw request.refusal(reason)
        }
    }

    func allows(_ request: AccessRequest) -> Bool {
        if case .allow = authorizer.decide(request) { return true }
        return false
    }
}
