import ClusterObjects

/// What the conditions of CertificateSigningRequests must be: what was decided stays decided, and only `approval` decides.
/// Source: pkg/apis/certificates/validation.
enum CertificateConditionRules {
    private static let path = FieldPath("status", "conditions")
    private static let decisions = ["Approved", "Denied"]

    /// - Parameter old: what was wrong there already may stay.
    static func validate(_ request: Value, old: Value?, _ problems: inout [Problem]) {
        let before = types(old ?? .emptyObject)
        var seen: [String] = []
        for (index, condition) in conditions(request).enumerated() {
            let here = path.index(index)
            let type = condition.text("type")
            if type.isEmpty, !before.contains("") { problems.append(.required(here / "type")) }
            let allowed = (decisions + ["Failed"]).contains(type) ? ["True"] : ["False", "True", "Unknown"]
            let status = condition.text("status")
            if status.isEmpty {
                problems.append(.required(here / "status"))
            } else if !allowed.contains(status) {
                problems.append(.notSupported(here / "status", .string(status), allowed))
            }
            let other = type == "Approved" ? "Denied" : type == "Denied" ? "Approved" : nil
            if let other, seen.contains(other), !decisions.allSatisfy(before.contains) {
                problems.append(.invalid(path, .string(type), "Approved and Denied conditions are mutually exclusive"))
            }
            if seen.contains(type), Set(before).count == before.count { problems.append(.duplicate(here / "type", .string(type))) }
            seen.append(type)
        }
    }

    static func change(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        func found(_ type: String, _ request: Value) -> [Value] { conditions(request).filter { $0.text("type") == type } }
        var problems: [Problem] = []
        for type in decisions + ["Failed"] where found(type, new).count < found(type, old).count {
            problems.append(.forbidden(path, "updates may not remove a condition of type \"\(type)\""))
        }
        if subresource == "approval" { return problems }
        for type in decisions {
            let (before, after) = (found(type, old), found(type, new))
            if after.count > before.count {
                problems.append(.forbidden(path, "updates may not add a condition of type \"\(type)\""))
            } else if after.count == before.count, after != before {
                problems.append(.forbidden(path, "updates may not modify a condition of type \"\(type)\""))
            }
        }
        return problems
    }

    private static func conditions(_ request: Value) -> [Value] { request["status"]?.list("conditions") ?? [] }
    private static func types(_ request: Value) -> [String] { conditions(request).map { $0.text("type") } }
}
