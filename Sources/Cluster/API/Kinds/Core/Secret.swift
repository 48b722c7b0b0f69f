import ClusterObjects

extension Kinds {
    static func secret(_ resource: inout Resource) {
        resource.selectableFields = ["type"]
        resource.rules.setDefaults = { secret in
            if (secret["type"]?.string ?? "").isEmpty { secret["type"] = "Opaque" }
            // What is written as text is kept as bytes.
            for (key, value) in secret.map("stringData") {
                secret[path: "data", key] = .string(Base64.encode((value.string ?? "").utf8))
            }
            secret["stringData"] = nil
        }
        resource.rules.validate = SecretRules.validate
        resource.rules.validateUpdate = SecretRules.validateUpdate
    }
}

/// What Secrets must be.
enum SecretRules {
    /// Keys that a type of Secret must have.
    private static let required: [String: [String]] = [
        "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        "kubernetes.io/tls": ["tls.crt", "tls.key"],
    ]

    @Sendable static func validate(_ secret: Value) -> [Problem] {
        var problems: [Problem] = []
        let data = secret.map("data")
        let path = FieldPath("data")
        var size = 0
        for (key, value) in data {
            problems.configKey(key, path.key(key))
            size += DataRules.decodedSize(value)
        }
        if size > DataRules.most { problems.append(.tooLong(path, most: DataRules.most)) }
        let type = secret.text("type")
        for key in required[type] ?? [] where data[key] == nil { problems.append(.required(path.key(key))) }
        switch type {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            if (secret[path: "metadata", "annotations", key]?.string ?? "").isEmpty {
                problems.append(.required(FieldPath("metadata", "annotations").key(key)))
            }
        case "kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson":
            guard let key = required[type]?.first, let text = data[key]?.string else { break }
            if let wrong = jsonProblem(Base64.decode(text) ?? []) {
                problems.append(.invalid(path.key(key), "<secret contents redacted>", wrong))
            }
        case "kubernetes.io/basic-auth":
            if data["username"] == nil, data["password"] == nil {
                problems.append(.required(path.key("username")))
                problems.append(.required(path.key("password")))
            }
        case "kubernetes.io/ssh-auth":
            if (data["ssh-privatekey"]?.string ?? "").isEmpty { problems.append(.required(path.key("ssh-privatekey"))) }
        default: break
        }
        return problems
    }

    private static func jsonProblem(_ bytes: [UInt8]) -> String? {
        do throws(JSONError) {
            let tree = try Tree(parsing: bytes)
            if tree.isObject { return nil }
            return "json: cannot unmarshal \(tree.value.jsonTypeName) into Go value of type map[string]interface {}"
        } catch {
            return error.message
        }
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems: [Problem] = []
        problems.immutable(new["type"], old["type"], FieldPath("type"))
        return problems + DataRules.unchanged(new, old, ["data"]) + validate(new)
    }
}
