import ClusterAPI
import ClusterObjects

/// Answers who may do what: SubjectAccessReview and its kin. Source: pkg/registry/authorization, pkg/apis/authorization/validation.
struct AccessReviews: Sendable {
    let server: APIServer
    let target: Target
    let user: UserInfo

    /// Nil when the target is no such kind.
    func status(of review: Value) throws(APIError) -> Value? {
        switch target.resource.plural {
        case "selfsubjectaccessreviews":
            try check(review)
            return decision(review, user)
        case "subjectaccessreviews", "localsubjectaccessreviews":
            try check(review)
            return decision(review, subject(review))
        case "selfsubjectrulesreviews": return try rules(review)
        default: return nil
        }
    }

    private func subject(_ review: Value) -> UserInfo {
        let spec = review["spec"] ?? .emptyObject
        var extra: [String: [String]] = [:]
        for (key, value) in spec["extra"]?.object ?? Fields() { extra[key] = value.strings ?? [] }
        return UserInfo(
            name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "", groups: spec["groups"]?.strings ?? [], extra: extra)
    }

    private func decision(_ review: Value, _ user: UserInfo) -> Value {
        let spec = review["spec"] ?? .emptyObject
        func text(_ part: String, _ field: String) -> String { spec[part]?[field]?.string ?? "" }
        let request: AccessRequest
        if spec["nonResourceAttributes"] != nil {
            request = AccessRequest(user, text("nonResourceAttributes", "verb"), path: text("nonResourceAttributes", "path"))
        } else {
            let part = "resourceAttributes"
            request = AccessRequest(
                user, text(part, "verb"), group: text(part, "group"), resource: text(part, "resource"),
                subresource: text(part, "subresource"), namespace: text(part, "namespace"), name: text(part, "name"),
                fieldSelector: fieldSelector(spec[part]?["fieldSelector"]))
        }
        switch server.authorizer.decide(request) {
        case .allow(let reason): return status(allowed: true, reason.description)
        case .deny(let reason):
            var status = status(allowed: false, reason)
            status["denied"] = true
            return status
        case .noOpinion(let reason): return status(allowed: false, reason)
        }
    }

    /// As a query writes it, of requirements only what authorizers look at: fields that equal one value.
    private func fieldSelector(_ selector: Value?) -> String {
        guard let selector else { return "" }
        if let raw = selector["rawSelector"]?.string, !raw.isEmpty { return raw }
        let terms = (selector["requirements"]?.array ?? []).compactMap { requirement -> String? in
            guard requirement["operator"]?.string == "In", let values = requirement["values"]?.strings, values.count == 1,
                let key = requirement["key"]?.string
            else { return nil }
            return "\(key)=\(values[0])"
        }
        return terms.joined(separator: ",")
    }

    private func status(allowed: Bool, _ reason: String) -> Value {
        var status: Value = ["allowed": .bool(allowed)]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        return status
    }

    private func rules(_ review: Value) throws(APIError) -> Value {
        let namespace = review[path: "spec", "namespace"]?.string ?? ""
        guard !namespace.isEmpty else { throw .badRequest("no namespace on request") }
        let found = server.authorizer.rules(of: user, in: namespace)
        var status: Value = [
            "resourceRules": .array(found.rules.filter { !$0.resources.isEmpty }.map(\.value)),
            "nonResourceRules": .array(found.rules.filter { !$0.paths.isEmpty }.map(\.value)), "incomplete": .bool(found.isIncomplete),
        ]
        if !found.errors.isEmpty { status["evaluationError"] = .string(RoleIndex.joined(found.errors)) }
        return status
    }

    /// A question is about a resource or about a path, and names somebody.
    private func check(_ review: Value) throws(APIError) {
        let spec = review["spec"] ?? .emptyObject
        let resource = spec["resourceAttributes"]
        let other = spec["nonResourceAttributes"]
        var problems: [Problem] = []
        if let other, resource != nil {
            problems.append(
                Problem(
                    FieldPath("spec", "nonResourceAttributes"), .invalid,
                    "Invalid value: \(shown(other)): cannot be specified in combination with resourceAttributes"))
        } else if other == nil, resource == nil {
            problems.append(
                .invalid(
                    FieldPath("spec", "resourceAttributes"), .null,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        }
        if target.resource.plural != "selfsubjectaccessreviews", (spec["user"]?.string ?? "").isEmpty,
            (spec["groups"]?.array ?? []).isEmpty
        {
            problems.append(.invalid(FieldPath("spec", "user"), "", "at least one of user or group must be specified"))
        }
        if target.resource.plural == "localsubjectaccessreviews" { try checkLocal(review, &problems) }
        guard problems.isEmpty else { throw .invalid(group: "authorization.k8s.io", kind: "", name: "", problems) }
    }

    private func checkLocal(_ review: Value, _ problems: inout [Problem]) throws(APIError) {
        let spec = review["spec"] ?? .emptyObject
        let namespace = review[path: "metadata", "namespace"]?.string ?? ""
        guard namespace.isEmpty || namespace == target.namespace else {
            throw .badRequest("spec.resourceAttributes.namespace must match namespace: \(target.namespace)")
        }
        if let resource = spec["resourceAttributes"], resource["namespace"]?.string ?? "" != target.namespace {
            problems.append(
                .invalid(
                    FieldPath("spec", "resourceAttributes", "namespace"), .string(resource["namespace"]?.string ?? ""),
                    "must match metadata.namespace"))
        }
        if let other = spec["nonResourceAttributes"] {
            problems.append(
                Problem(
                    FieldPath("spec", "nonResourceAttributes"), .invalid,
                    "Invalid value: \(shown(other)): disallowed on this kind of request"))
        }
    }

    private func shown(_ attributes: Value) -> String {
        func text(_ field: String) -> String { Value.string(attributes[field]?.string ?? "").jsonText }
        return #"{"Path":\#(text("path")),"Verb":\#(text("verb"))}"#
    }
}
