import ClusterObjects

/// Whether the schema of a custom resource is structural: every field typed, value rules apart from structure.
/// Source: apiextensions-apiserver, pkg/apiserver/schema and pkg/apis/apiextensions/validation.
enum StructuralSchema {
    static func problems(in schema: Value, at path: FieldPath) -> [Problem] {
        var checker = Checker()
        if schema["nullable"]?.bool == true {
            checker.problems.append(.forbidden(path / "nullable", "nullable cannot be true at the root"))
        }
        checker.checkForm(schema, path, 0)
        checker.checkRules(schema, path, RulePlace(isResource: true), 0)
        checker.problems += checker.ruleProblems
        checker.checkStructure(schema, path, .root, 0)
        return checker.problems
    }

    private enum Level: String {
        case root = "must not be empty at the root"
        case item = "must not be empty for specified array items"
        case field = "must not be empty for specified object fields"
    }

    private static let types = ["array", "boolean", "integer", "number", "object", "string"]
    private static let unsupported = ["id", "$ref", "patternProperties", "definitions", "dependencies", "additionalItems"]
    static let mostLevels = 100

    /// What rules on a schema may do, by where it stands.
    private struct RulePlace {
        var isResource: Bool
        /// The outermost schema on the way whose parts have no older selves.
        private(set) var uncorrelatable: FieldPath?

        init(isResource: Bool) { self.isResource = isResource }

        mutating func setUncorrelatable(_ path: FieldPath) { uncorrelatable = uncorrelatable ?? path }

        func part(of schema: Value) -> RulePlace {
            var place = self
            place.isResource = schema["x-kubernetes-embedded-resource"]?.bool == true
            return place
        }
    }

    private struct Checker {
        var problems: [Problem] = []
        /// Of the expressions in rules.
        var ruleProblems: [Problem] = []

        // MARK: - Which keywords may stand together

        mutating func checkForm(_ schema: Value, _ path: FieldPath, _ level: Int) {
            guard case .object = schema, level < mostLevels else { return }
            for key in unsupported where schema[key] != nil {
                problems.append(.forbidden(path / key, "\(key) is not supported"))
            }
            if schema["uniqueItems"]?.bool == true {
                problems.append(
                    .forbidden(
                        path / "uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"))
            }
            if let additional = schema["additionalProperties"] {
                if additional == false {
                    problems.append(.forbidden(path / "additionalProperties", "additionalProperties cannot be set to false"))
                } else if schema["properties"]?.object?.isEmpty == false {
                    problems.append(
                        .forbidden(path / "additionalProperties", "additionalProperties and properties are mutual exclusive"))
                }
                checkForm(additional, path / "additionalProperties", level + 1)
            }
            let type = schema["type"]?.string ?? ""
            if !type.isEmpty, !types.contains(type) {
                problems.append(
                    type == "null"
                        ? .forbidden(path / "type", "type cannot be set to null, use nullable as an alternative")
                        : .notSupported(path / "type", .string(type), types))
            }
            if schema["items"]?.array != nil {
                problems.append(.forbidden(path / "items", "items must be a schema object and not an array"))
            }
            if schema["x-kubernetes-preserve-unknown-fields"] == false {
                problems.append(
                    .invalid(path / "x-kubernetes-preserve-unknown-fields", false, "must be true or undefined"))
            }
            checkMapType(schema, type, path)
            checkListType(schema, type, path)
            problems += CustomRuleCheck.formProblems(in: schema, path)
            for (name, property) in schema["properties"]?.object ?? Fields() {
                checkForm(property, (path / "properties").key(name), level + 1)
            }
            if let items = schema["items"] { checkForm(items, path / "items", level + 1) }
            for key in ["allOf", "oneOf", "anyOf"] {
                for (index, part) in (schema[key]?.array ?? []).enumerated() { checkForm(part, (path / key).index(index), level + 1) }
            }
            if let part = schema["not"] { checkForm(part, path / "not", level + 1) }
        }

        private mutating func checkMapType(_ schema: Value, _ type: String, _ path: FieldPath) {
            guard let mapType = schema["x-kubernetes-map-type"]?.string else { return }
            let reason = "must be object if x-kubernetes-map-type is specified"
            if type.isEmpty {
                problems.append(.required(path / "type", reason))
            } else if type != "object" {
                problems.append(.invalid(path / "type", .string(type), reason))
            }
            if !["atomic", "granular"].contains(mapType) {
                problems.append(.notSupported(path / "x-kubernetes-map-type", .string(mapType), ["atomic", "granular"]))
            }
        }

        private mutating func checkListType(_ schema: Value, _ type: String, _ path: FieldPath) {
            let listType = schema["x-kubernetes-list-type"]?.string
            let keys = schema["x-kubernetes-list-map-keys"]?.strings ?? []
            if let listType {
                let reason = "must be array if x-kubernetes-list-type is specified"
                if type.isEmpty {
                    problems.append(.required(path / "type", reason))
                } else if type != "array" {
                    problems.append(.invalid(path / "type", .string(type), reason))
                }
                if !["atomic", "map", "set"].contains(listType) {
                    problems.append(.notSupported(path / "x-kubernetes-list-type", .string(listType), ["atomic", "map", "set"]))
                }
            }
            if !keys.isEmpty, listType != "map" {
                let reason = "must be map if x-kubernetes-list-map-keys is non-empty"
                problems.append(
                    listType.map { .invalid(path / "x-kubernetes-list-type", .string($0), reason) }
                        ?? .required(path / "x-kubernetes-list-type", reason))
            }
            if listType == "map" { checkKeys(schema["items"], keys, path) }
            if listType == "set", let items = schema["items"] { checkSetItems(items, path / "items") }
        }

        private mutating func checkKeys(_ items: Value?, _ keys: [String], _ path: FieldPath) {
            if keys.isEmpty {
                problems.append(
                    .required(path / "x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"))
            }
            guard let items else {
                problems.append(.required(path / "items", "must have a schema if x-kubernetes-list-type is map"))
                return
            }
            if items["type"]?.string != "object" {
                problems.append(
                    .invalid(
                        path / "items" / "type", items["type"] ?? "",
                        "must be object if parent array's x-kubernetes-list-type is map"))
            }
            if Set(keys).count != keys.count {
                problems.append(
                    .invalid(path / "x-kubernetes-list-map-keys", Value(keys), "must not contain duplicate entries"))
            }
            let required = items["required"]?.strings ?? []
            for key in keys {
                guard let property = items["properties"]?[key] else {
                    problems.append(
                        .invalid(path / "x-kubernetes-list-map-keys", Value(keys), "entries must all be names of item properties"))
                    continue
                }
                let place = (path / "items" / "properties").key(key)
                if let type = property["type"]?.string, ["array", "object"].contains(type) {
                    problems.append(
                        .invalid(
                            place / "type", .string(type), "must be a scalar type if parent array's x-kubernetes-list-type is map"))
                }
                if property["default"] == nil, !required.contains(key) {
                    problems.append(
                        .required(
                            place / "default",
                            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
                }
                if property["nullable"]?.bool == true {
                    problems.append(
                        .forbidden(
                            place / "nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
                }
            }
        }

        private mutating func checkSetItems(_ items: Value, _ path: FieldPath) {
            let reason = "must be atomic as item of a list with x-kubernetes-list-type=set"
            if items["nullable"]?.bool == true {
                problems.append(.forbidden(path / "nullable", "cannot be nullable when x-kubernetes-list-type is set"))
            }
            for (type, key) in [("object", "x-kubernetes-map-type"), ("array", "x-kubernetes-list-type")]
            where items["type"]?.string == type {
                let given = items[key] ?? .null
                if given != "atomic" { problems.append(.invalid(path / key, given, reason)) }
            }
        }

        // MARK: - CEL rules

        /// The expressions of rules, those of parts first. Where something else is wrong there or below, they are left unread: the types
        /// that they would be checked by may be none.
        mutating func checkRules(_ schema: Value, _ path: FieldPath, _ place: RulePlace, _ level: Int) {
            guard schema.object != nil, level < mostLevels else { return }
            if let values = schema["additionalProperties"] {
                checkRules(values, path / "additionalProperties", place.part(of: values), level + 1)
            }
            for (name, property) in schema["properties"]?.object ?? Fields() {
                var below = place.part(of: property)
                if schema["x-kubernetes-map-type"]?.string == "atomic" { below.setUncorrelatable(path) }
                checkRules(property, (path / "properties").key(name), below, level + 1)
            }
            if let items = schema["items"] {
                var below = place.part(of: items)
                if schema["x-kubernetes-list-type"]?.string != "map" { below.setUncorrelatable(path) }
                checkRules(items, path / "items", below, level + 1)
            }
            let text = path.description
            guard !problems.contains(where: { $0.field.hasPrefix(text) }) else { return }
            ruleProblems += CustomRuleCheck.expressionProblems(
                in: schema, path, isResource: place.isResource, uncorrelatable: place.uncorrelatable)
        }

        // MARK: - Structure

        mutating func checkStructure(_ schema: Value, _ path: FieldPath, _ place: Level, _ level: Int) {
            guard level < mostLevels else { return }
            let type = schema["type"]?.string ?? ""
            if type == "array", schema["items"] == nil { problems.append(.required(path / "items", "must be specified")) }
            if let items = schema["items"], items.object != nil { checkStructure(items, path / "items", .item, level + 1) }
            for (name, property) in schema["properties"]?.object ?? Fields() {
                checkStructure(property, (path / "properties").key(name), .field, level + 1)
            }
            if let values = schema["additionalProperties"], values.object != nil {
                checkStructure(values, path / "additionalProperties", .field, level + 1)
            }
            let isIntOrString = schema["x-kubernetes-int-or-string"]?.bool == true
            let preserves = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            let isEmbedded = schema["x-kubernetes-embedded-resource"]?.bool == true
            checkValueRules(schema, schema, path, isIntOrString: isIntOrString, level)
            if isEmbedded, type != "object" {
                let reason = "must be object if x-kubernetes-embedded-resource is true"
                problems.append(type.isEmpty ? .required(path / "type", reason) : .invalid(path / "type", .string(type), reason))
            } else if type.isEmpty, !isIntOrString, !preserves {
                problems.append(.required(path / "type", place.rawValue))
            }
            if place == .root, !type.isEmpty, type != "object" {
                problems.append(.invalid(path / "type", .string(type), "must be object at the root"))
            }
            if isEmbedded, schema["additionalProperties"] != nil {
                problems.append(
                    .forbidden(path / "additionalProperties", "must not be used if x-kubernetes-embedded-resource is set"))
            }
            if isEmbedded, !preserves, schema["properties"]?.object?.isEmpty ?? true {
                problems.append(
                    .required(
                        path / "properties",
                        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"))
            }
            if place == .root || isEmbedded { checkIdentity(schema["properties"] ?? .emptyObject, path / "properties") }
        }

        private mutating func checkIdentity(_ properties: Value, _ path: FieldPath) {
            for name in ["apiVersion", "kind"] {
                if let property = properties[name], property["type"]?.string != "string" {
                    problems.append(.invalid(path.key(name) / "type", property["type"] ?? "", "must be string"))
                }
            }
            guard let metadata = properties["metadata"] else { return }
            if metadata["type"]?.string != "object" {
                problems.append(.invalid(path.key("metadata") / "type", metadata["type"] ?? "", "must be object"))
            }
            let named = metadata["properties"]?.object?.keys ?? []
            if named.contains(where: { !["name", "generateName"].contains($0) }) || metadata["additionalProperties"] != nil {
                problems.append(
                    .forbidden(
                        path.key("metadata"),
                        "must not specify anything other than name and generateName, but metadata is implicitly specified"))
            }
        }

        /// `anyOf` and its like may say nothing of structure, and only speak of fields that the structure has.
        private mutating func checkValueRules(
            _ schema: Value, _ structure: Value, _ path: FieldPath, isIntOrString: Bool, _ level: Int
        ) {
            for key in ["allOf", "anyOf", "oneOf"] {
                for (index, part) in (schema[key]?.array ?? []).enumerated() {
                    checkNested(part, structure, (path / key).index(index), isIntOrString: isIntOrString, level + 1)
                }
            }
            if let part = schema["not"] { checkNested(part, structure, path / "not", isIntOrString: false, level + 1) }
        }

        private mutating func checkNested(
            _ part: Value, _ structure: Value, _ path: FieldPath, isIntOrString: Bool, _ level: Int
        ) {
            guard level < mostLevels else { return }
            checkValueRules(part, structure, path, isIntOrString: isIntOrString, level)
            if let items = part["items"], items.object != nil {
                checkNested(items, structure["items"] ?? .emptyObject, path / "items", isIntOrString: false, level + 1)
            }
            for (name, property) in part["properties"]?.object ?? Fields() {
                let below = (path / "properties").key(name)
                checkNested(property, structure["properties"]?[name] ?? .emptyObject, below, isIntOrString: false, level + 1)
            }
            for key in ["type", "title", "description", "default", "nullable", "additionalProperties"] {
                guard let value = part[key], value != "", value != false else { continue }
                if key == "type", isIntOrString { continue }
                problems.append(.forbidden(path / key, "must be empty to be structural"))
            }
            for (key, value) in part.object ?? Fields() where key.hasPrefix("x-kubernetes-") && key != "x-kubernetes-validations" {
                guard value != false else { continue }
                problems.append(.forbidden(path / key, "must be false to be structural"))
            }
        }
    }
}
