import ClusterObjects

/// Whether a custom resource's values are what its OpenAPI schema allows, in the words of kube-openapi's validator.
/// Source: k8s.io/kube-openapi/pkg/validation/validate, apiextensions-apiserver pkg/apiserver/validation.
enum CustomValueRules {
    private static let mostLevels = 100

    /// Every problem of an object.
    static func problems(of object: Value, _ openAPI: Value) -> [Problem] {
        var checker = Checker()
        checker.check(object, openAPI, FieldPath(), isRoot: true, 0)
        return checker.problems
    }

    /// Every problem of a status alone, whose messages name fields as if it were the object.
    static func problems(ofStatus status: Value, _ openAPI: Value) -> [Problem] {
        guard let schema = openAPI[path: "properties", "status"] else { return [] }
        var checker = Checker()
        checker.prefix = "status"
        checker.check(status, schema, FieldPath(), isRoot: false, 0)
        return checker.problems
    }

    private struct Checker {
        var problems: [Problem] = []
        /// Stands before the fields but not in the messages.
        var prefix = ""

        private mutating func add(_ path: FieldPath, _ reason: Problem.Reason, _ body: String) {
            let field = prefix.isEmpty ? path.description : path.isEmpty ? prefix : "\(prefix).\(path)"
            problems.append(Problem(field: field, reason: reason, body: body))
        }

        /// What the validator says of no field in particular.
        private mutating func addToNothing(_ text: String) {
            problems.append(Problem(field: "<nil>", reason: .invalid, body: "Invalid value: \"\": \(text)"))
        }

        private mutating func invalid(_ path: FieldPath, _ value: Value, _ text: String) {
            add(path, .invalid, "Invalid value: \(Problem.shown(value)): \(path) in body \(text)")
        }

        mutating func check(_ value: Value, _ schema: Value, _ path: FieldPath, isRoot: Bool, _ level: Int) {
            guard level < mostLevels, schema.object != nil else { return }
            if value.isNull {
                if schema["nullable"]?.bool == true { return }
                if schema["type"] == nil, schema["x-kubernetes-int-or-string"]?.bool != true { return }
            }
            let fits = checkType(value, schema, path)
            checkCombinations(value, schema, path, level)
            if let text = value.string, fits { checkString(text, schema, path) }
            if value.double != nil { checkNumber(value, schema, path) }
            if let allowed = schema["enum"]?.array, !allowed.contains(where: { $0.isSame(as: value) }), fits {
                let shown = allowed.map { $0.string.map { "\"\($0)\"" } ?? "\"\($0.jsonText)\"" }.joined(separator: ", ")
                add(path, .notSupported, "Unsupported value: \(Problem.shown(value)): supported values: \(shown)")
            }
            if let elements = value.array, fits { checkList(elements, schema, path, level) }
            if let fields = value.object, fits { checkObject(fields, schema, path, isRoot: isRoot, level) }
        }

        private mutating func checkType(_ value: Value, _ schema: Value, _ path: FieldPath) -> Bool {
            let wanted: String
            if schema["x-kubernetes-int-or-string"]?.bool == true {
                if value.string != nil || value.int != nil { return true }
                wanted = "integer,string"
            } else {
                guard let type = schema["type"]?.string, !type.isEmpty else { return true }
                let actual = value.openAPIType
                if actual == type || (type == "number" && actual == "integer") { return true }
                wanted = type
            }
            let given = value.openAPIType
            let name = path.isEmpty && !prefix.isEmpty ? prefix : path.description
            add(path, .typeInvalid, "Invalid value: \"\(given)\": \(name) in body must be of type \(wanted): \"\(given)\"")
            if given == "number", wanted == "integer" {
                addToNothing("Checked value must be of type integer (default format) in \(path)")
            }
            return false
        }

        private mutating func checkString(_ text: String, _ schema: Value, _ path: FieldPath) {
            let length = text.unicodeScalars.count
            if let most = schema["maxLength"]?.int, length > most { add(path, .tooLong, "Too long: may not be more than \(most) bytes") }
            if let least = schema["minLength"]?.int, length < least {
                invalid(path, .string(text), "should be at least \(least) chars long")
            }
            if let pattern = schema["pattern"]?.string, !pattern.isEmpty, let regex = try? Regex(pattern),
                !text.contains(regex.matchingSemantics(.unicodeScalar))
            {
                invalid(path, .string(text), "should match '\(pattern)'")
            }
            if let format = schema["format"]?.string, !StringFormats.accepts(text, format) {
                add(
                    path, .typeInvalid,
                    "Invalid value: \(Problem.shown(.string(text))): \(path) in body must be of type \(format): \(Problem.shown(.string(text)))"
                )
            }
        }

        private mutating func checkNumber(_ value: Value, _ schema: Value, _ path: FieldPath) {
            guard let number = value.double else { return }
            if schema["type"]?.string == "integer", let format = schema["format"]?.string, let whole = value.int,
                format == "int32", Int32(exactly: whole) == nil
            {
                addToNothing("Checked value must be of type integer with format int32 in \(path)")
            }
            if let multiple = schema["multipleOf"], let step = multiple.double, step > 0 {
                let ratio = number / step
                if abs(ratio - ratio.rounded()) > 1e-9 { invalid(path, value, "should be a multiple of \(multiple.jsonText)") }
            }
            if let bound = schema["maximum"], let most = bound.double {
                if schema["exclusiveMaximum"]?.bool == true {
                    if number >= most { invalid(path, value, "should be less than \(bound.jsonText)") }
                } else if number > most {
                    invalid(path, value, "should be less than or equal to \(bound.jsonText)")
                }
            }
            if let bound = schema["minimum"], let least = bound.double {
                if schema["exclusiveMinimum"]?.bool == true {
                    if number <= least { invalid(path, value, "should be greater than \(bound.jsonText)") }
                } else if number < least {
                    invalid(path, value, "should be greater than or equal to \(bound.jsonText)")
                }
            }
        }

        private mutating func checkList(_ elements: [Value], _ schema: Value, _ path: FieldPath, _ level: Int) {
            if let items = schema["items"] {
                for (index, element) in elements.enumerated() {
                    check(element, items, path.index(index), isRoot: false, level + 1)
                }
            }
            if let least = schema["minItems"]?.int, elements.count < least {
                add(
                    path, .invalid, "Invalid value: \(elements.count): \(path) in body should have at least \(least) items")
            }
            if let most = schema["maxItems"]?.int, elements.count > most { tooMany(path, elements.count, most) }
            checkListType(elements, schema, path)
        }

        /// The keys of a list that is a set or a map are unique.
        private mutating func checkListType(_ elements: [Value], _ schema: Value, _ path: FieldPath) {
            let keys: (Value) -> Value
            switch schema["x-kubernetes-list-type"]?.string {
            case "set": keys = { $0 }
            case "map":
                let names = schema["x-kubernetes-list-map-keys"]?.strings ?? []
                let defaults = schema[path: "items", "properties"]
                keys = { element in
                    .object(Fields(names.compactMap { name in (element[name] ?? defaults?[name]?["default"]).map { (name, $0) } }))
                }
            default: return
            }
            var seen: Set<Value> = []
            for (index, element) in elements.enumerated() where !seen.insert(keys(element)).inserted {
                add(path.index(index), .duplicate, "Duplicate value: \(Problem.shown(keys(element)))")
            }
        }

        private mutating func tooMany(_ path: FieldPath, _ count: Int, _ most: Int) {
            add(path, .tooMany, "Too many: \(count): must have at most \(most) item\(most == 1 ? "" : "s")")
        }

        private mutating func checkObject(_ fields: Fields, _ schema: Value, _ path: FieldPath, isRoot: Bool, _ level: Int) {
            if let most = schema["maxProperties"]?.int, fields.count > most { tooMany(path, fields.count, most) }
            if let least = schema["minProperties"]?.int, fields.count < least {
                add(path, .invalid, "Invalid value: \(fields.count): \(path) in body should have at least \(least) properties")
            }
            let properties = schema["properties"]?.object ?? Fields()
            for (key, value) in fields {
                if isRoot, key == "metadata" || key == "apiVersion" || key == "kind" { continue }
                if let property = properties[key] {
                    check(value, property, path.field(key), isRoot: false, level + 1)
                } else if let values = schema["additionalProperties"], values.object != nil {
                    check(value, values, path.field(key), isRoot: false, level + 1)
                }
            }
            var required = schema["required"]?.strings ?? []
            if schema["x-kubernetes-embedded-resource"]?.bool == true {
                for name in ["apiVersion", "kind"] where !required.contains(name) { required.append(name) }
            }
            for name in required where fields[name] == nil { add(path.field(name), .required, "Required value") }
        }

        // MARK: - allOf, anyOf, oneOf, not

        private mutating func checkCombinations(_ value: Value, _ schema: Value, _ path: FieldPath, _ level: Int) {
            func outcome(_ alternative: Value) -> [Problem] {
                var checker = Checker()
                checker.prefix = prefix
                checker.check(value, alternative, path, isRoot: false, level + 1)
                return checker.problems
            }
            func best(_ failures: [[Problem]]) -> [Problem] { failures.min { $0.count < $1.count } ?? [] }
            if let all = schema["allOf"]?.array {
                let failures = all.map(outcome).filter { !$0.isEmpty }
                if !failures.isEmpty {
                    problems += failures.joined()
                    addToNothing("\"\(path)\" must validate all the schemas (allOf)")
                }
            }
            if let any = schema["anyOf"]?.array {
                let failures = any.map(outcome)
                if !failures.contains(where: \.isEmpty) {
                    addToNothing("\"\(path)\" must validate at least one schema (anyOf)")
                    problems += best(failures)
                }
            }
            if let one = schema["oneOf"]?.array {
                let failures = one.map(outcome)
                let valid = failures.count(where: \.isEmpty)
                if valid == 0 {
                    addToNothing("\"\(path)\" must validate one and only one schema (oneOf). Found none valid")
                    problems += best(failures)
                } else if valid > 1 {
                    addToNothing("\"\(path)\" must validate one and only one schema (oneOf). Found \(valid) valid alternatives")
                }
            }
            if let not = schema["not"], not.object?.isEmpty == false, outcome(not).isEmpty {
                addToNothing("\"\(path)\" must not validate the schema (not)")
            }
        }
    }
}

extension Value {
    /// The name that OpenAPI has for what this is.
    fileprivate var openAPIType: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double: int == nil ? "number" : "integer"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Equal, 1 and 1.0 being the same.
    fileprivate func isSame(as other: Value) -> Bool {
        if let mine = double, let others = other.double { return mine == others }
        return self == other
    }
}
