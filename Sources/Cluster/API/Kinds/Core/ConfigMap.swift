import ClusterObjects

extension Kinds {
    static func configMap(_ resource: inout Resource) {
        resource.rules.validate = ConfigMapRules.validate
        resource.rules.validateUpdate = ConfigMapRules.validateUpdate
    }
}

/// What ConfigMaps must be.
enum ConfigMapRules {
    @Sendable static func validate(_ map: Value) -> [Problem] {
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
            size += DataRules.decodedSize(value)
        }
        if size > DataRules.most {
            problems.append(Problem(field: "[]", reason: .tooLong, body: "Too long: may not be more than \(DataRules.most) bytes"))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        DataRules.unchanged(new, old, ["data", "binaryData"]) + validate(new)
    }
}
