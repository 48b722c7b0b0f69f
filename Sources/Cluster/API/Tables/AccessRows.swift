import ClusterObjects

/// Rows of who may do what: role bindings, certificate requests, admission policies, API services.
enum AccessRows {
    static func binding(_ object: Tree, _ now: Timestamp) -> [Value] {
        let role = object["roleRef"]
        func subjects(_ kind: String) -> Value {
            let names = object.elements("subjects").filter { $0["kind"]?.string == kind }.map { subject in
                let namespace = kind == "ServiceAccount" ? subject.text("namespace") : ""
                return (namespace.isEmpty ? "" : "\(namespace)/") + subject.text("name")
            }
            return .string(names.joined(separator: ", "))
        }
        return [
            .string("\(role?.text("kind") ?? "")/\(role?.text("name") ?? "")"), TableRows.age(object, now), subjects("User"),
            subjects("Group"), subjects("ServiceAccount"),
        ]
    }

    static func certificateSigningRequest(_ object: Tree, _ now: Timestamp) -> [Value] {
        let (spec, status) = (object["spec"] ?? Value.emptyObject.tree, object["status"] ?? Value.emptyObject.tree)
        let types = Set(status.elements("conditions").map { $0.text("type") })
        var condition = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
        if types.contains("Failed") { condition += ",Failed" }
        if !status.text("certificate").isEmpty { condition += ",Issued" }
        return [
            TableRows.age(object, now), .string(spec.text("signerName", or: CellTexts.none)), .string(spec.text("username")),
            .string(spec["expirationSeconds"]?.int.map { HumanDuration.text(seconds: $0) } ?? CellTexts.none), .string(condition),
        ]
    }

    static func service(_ object: Tree, _ now: Timestamp) -> [Value] {
        let backend = object[path: "spec", "service"].map { "\($0.text("namespace"))/\($0.text("name"))" } ?? "Local"
        var available = "Unknown"
        if let condition = object["status"]?.condition("Available") {
            let reason = condition.text("reason")
            available = condition.text("status")
            if available != "True", !reason.isEmpty { available += " (\(reason))" }
        }
        return [.string(backend), .string(available), TableRows.age(object, now)]
    }

    static func policy(_ object: Tree, _ rules: String, _ now: Timestamp) -> [Value] {
        let kind = object[path: "spec", "paramKind"].map { "\($0.text("apiVersion"))/\($0.text("kind"))" } ?? CellTexts.unset
        return [Value(object[path: "spec", rules]?.count ?? 0), .string(kind), TableRows.age(object, now)]
    }

    static func policyBinding(_ object: Tree, _ now: Timestamp) -> [Value] {
        var parameters = CellTexts.unset
        if let given = object[path: "spec", "paramRef"], given.isObject {
            let (name, namespace) = (given.text("name"), given.text("namespace"))
            parameters = name.isEmpty ? CellTexts.selector(given["selector"]) : (namespace.isEmpty ? "" : "\(namespace)/") + name
        }
        return [.string(object["spec"]?.text("policyName") ?? ""), .string(parameters), TableRows.age(object, now)]
    }
}
