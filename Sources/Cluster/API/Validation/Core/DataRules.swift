import ClusterObjects

/// What ConfigMaps and Secrets must be.
enum DataRules {
    private static let most = 1 << 20
    private static let unchangeable = "field is immutable when `immutable` is set"

    @Sendable static func configMap(_ map: Value) -> [Problem] {
        var problems: [Problem] = []
        var size = 0
        let binary = map.map("binaryData")
        for (key, value) in map.map("data") {
            problems.configKey(key, FieldPath("data").key(key))
            if binary[key] != nil {
                problems.append(
                    .invalid(FieldPath("data").key(key), .string(key), "duplicate of key present in binaryData"))
            }
            size += value.string?.utf8.count ?? 0
        }
        for (key, value) in binary {
            problems.configKey(key, FieldPath("binaryData").key(key))
            size += decodedSize(value)
        }
        if size > most { problems.append(Problem(field: "[]", reason: .tooLong, body: "Too long: may not be more than \(most) bytes")) }
        return problems
    }

    @Sendable static func configMapUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        unchanged(new, old, ["data", "binaryData"]) + configMap(new)
    }

    private static func unchanged(_ new: Value, _ old: Value, _ keys: [String]) -> [Problem] {
        guard old.flag("immutable") else { return [] }
        var problems: [Problem] = []
        if !new.flag("immutable") { problems.append(.forbidden(FieldPath("immutable"), unchangeable)) }
        for key in keys where ![Problem].same(new[key], old[key]) {
            problems.append(.forbidden(FieldPath(key), unchangeable))
        }
        return problems
    }

    private static func decodedSize(_ value: Value) -> Int {
        let bytes = (value.string ?? "").utf8
        return bytes.count / 4 * 3 - bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
    }

    /// Keys that a type of Secret must have.
    private static let required: [String: [String]] = [
        "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        "kubernetes.io/tls": ["tls.crt", "tls.key"],
    ]

    @Sendable static func secret(_ secret: Value) -> [Problem] {
        var problems: [Problem] = []
        let data = secret.map("data")
        let path = FieldPath("data")
        var size = 0
        for (key, value) in data {
            problems.configKey(key, path.key(key))
            size += decodedSize(value)
        }
        if size > most { problems.append(.tooLong(path, most: most)) }
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
            if let wrong = jsonProblem(Base64.decode(text)) {
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

    @Sendable static func secretUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems: [Problem] = []
        problems.immutable(new["type"], old["type"], FieldPath("type"))
        return problems + unchanged(new, old, ["data"]) + secret(new)
    }
}
