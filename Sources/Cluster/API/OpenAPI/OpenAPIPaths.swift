import ClusterObjects

/// The `paths` of OpenAPI documents: what can be done with each resource.
struct OpenAPIPaths {
    let dialect: OpenAPIDialect

    /// Adds the paths of a resource, and its types to `definitions`.
    func add(_ resource: Resource, to paths: inout Value, _ definitions: inout DefinitionBuilder) {
        let root = resource.group.isEmpty ? "/api/\(resource.version)" : "/apis/\(resource.group)/\(resource.version)"
        let place = resource.isNamespaced ? "\(root)/namespaces/{namespace}" : root
        let body = reference(resource, isList: false, &definitions)
        let list = resource.verbs.contains("list") ? reference(resource, isList: true, &definitions) : body
        let status = definitions.reference(type: "meta.v1.Status")
        let collection = "\(place)/\(resource.plural)"

        var operations = Value.emptyObject
        if resource.verbs.contains("list") { operations["get"] = operation("list", resource, resource.gvk, answer: list) }
        if resource.verbs.contains("create") { operations["post"] = operation("post", resource, resource.gvk, body: body, answer: body) }
        if resource.verbs.contains("deletecollection") {
            operations["delete"] = operation("deletecollection", resource, resource.gvk, answer: status)
        }
        set(operations, at: collection, resource.isNamespaced ? ["namespace"] : [], &paths)
        if resource.isNamespaced, resource.verbs.contains("list") {
            let everywhere: Value = ["get": operation("list", resource, resource.gvk, answer: list, suffix: "ForAllNamespaces")]
            set(everywhere, at: "\(root)/\(resource.plural)", [], &paths)
        }

        let names = (resource.isNamespaced ? ["namespace"] : []) + ["name"]
        set(item(resource, resource.verbs, resource.gvk, body, status, ""), at: "\(collection)/{name}", names, &paths)
        for part in resource.subresources {
            let kind = part.gvk == resource.gvk ? body : definitions.reference(kind: part.gvk) ?? body
            let operations = item(resource, part.verbs, part.gvk, kind, status, part.name)
            set(operations, at: "\(collection)/{name}/\(part.name)", names, &paths)
        }
    }

    private func reference(_ resource: Resource, isList: Bool, _ definitions: inout DefinitionBuilder) -> Value {
        if resource.isCustom { return definitions.reference(custom: resource, isList: isList) }
        let gvk = GroupVersionKind(resource.group, resource.version, isList ? resource.listKind : resource.kind)
        return definitions.reference(kind: gvk) ?? ["type": "object"]
    }

    private func item(
        _ resource: Resource, _ verbs: [String], _ gvk: GroupVersionKind, _ body: Value, _ status: Value, _ part: String
    ) -> Value {
        var operations = Value.emptyObject
        if verbs.contains("get") { operations["get"] = operation("get", resource, gvk, answer: body, part: part) }
        if verbs.contains("create"), !part.isEmpty {
            operations["post"] = operation("post", resource, gvk, body: body, answer: body, part: part)
        }
        if verbs.contains("update") { operations["put"] = operation("put", resource, gvk, body: body, answer: body, part: part) }
        if verbs.contains("patch") { operations["patch"] = operation("patch", resource, gvk, answer: body, part: part) }
        if verbs.contains("delete") { operations["delete"] = operation("delete", resource, gvk, answer: status, part: part) }
        return operations
    }

    private func set(_ operations: Value, at path: String, _ parameters: [String], _ paths: inout Value) {
        guard operations != .emptyObject else { return }
        var operations = operations
        operations["parameters"] = .array(
            parameters.map { parameter($0, "path", "string", isRequired: true) } + [parameter("pretty", "query", "string")])
        paths[path] = operations
    }

    private func operation(
        _ action: String, _ resource: Resource, _ gvk: GroupVersionKind, body: Value? = nil, answer: Value, part: String = "",
        suffix: String = ""
    ) -> Value {
        var parameters = OpenAPIPaths.queries[action, default: []].map { parameter($0.0, "query", $0.1) }
        var operation: Value = [
            "operationId": .string(identifier(action, resource, part) + suffix), "tags": [.string(tag(resource))],
            "x-kubernetes-action": .string(action),
            "x-kubernetes-group-version-kind": [
                "group": .string(gvk.group), "version": .string(gvk.version), "kind": .string(gvk.kind),
            ],
        ]
        let patches =
            ["application/json-patch+json", "application/merge-patch+json"]
            + (resource.isCustom ? [] : ["application/strategic-merge-patch+json"]) + ["application/apply-patch+yaml"]
        switch dialect {
        case .v2:
            operation["consumes"] = action == "patch" ? Value(patches) : ["*/*"]
            operation["produces"] = ["application/json"]
            operation["schemes"] = ["https"]
            let given: Value? = action == "patch" ? ["type": "object"] : body
            if let given { parameters.insert(["name": "body", "in": "body", "required": true, "schema": given], at: 0) }
            operation["responses"] = ["200": ["description": "OK", "schema": answer]]
        case .v3:
            if action == "patch" {
                let content = patches.map { ($0, ["schema": ["type": "object"]] as Value) }
                operation["requestBody"] = ["required": true, "content": .object(Fields(content))]
            } else if let body {
                operation["requestBody"] = ["required": true, "content": ["*/*": ["schema": body]]]
            }
            operation["responses"] = ["200": ["description": "OK", "content": ["application/json": ["schema": answer]]]]
        }
        operation["parameters"] = .array(parameters)
        return operation
    }

    private func parameter(_ name: String, _ place: String, _ type: String, isRequired: Bool = false) -> Value {
        var parameter: Value = ["name": .string(name), "in": .string(place)]
        if isRequired { parameter["required"] = true }
        switch dialect {
        case .v2:
            parameter["type"] = .string(type)
            parameter["uniqueItems"] = true
        case .v3: parameter["schema"] = ["type": .string(type), "uniqueItems": true]
        }
        return parameter
    }

    private static let listing = [
        ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"), ("labelSelector", "string"),
        ("limit", "integer"), ("resourceVersion", "string"), ("resourceVersionMatch", "string"), ("sendInitialEvents", "boolean"),
        ("timeoutSeconds", "integer"), ("watch", "boolean"),
    ]
    private static let deleting = [
        ("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("orphanDependents", "boolean"), ("propagationPolicy", "string"),
    ]
    private static let writing = [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")]
    private static let queries: [String: [(String, String)]] = [
        "list": listing, "post": writing, "put": writing, "patch": writing + [("force", "boolean")], "delete": deleting,
        "deletecollection": deleting + listing,
    ]

    private func tag(_ resource: Resource) -> String {
        let group = resource.group.isEmpty ? "core" : resource.group.split(separator: ".").first.map(String.init) ?? ""
        return "\(group)_\(resource.version)"
    }

    private func identifier(_ action: String, _ resource: Resource, _ part: String) -> String {
        let verbs = ["post": "create", "put": "replace", "get": "read", "deletecollection": "deleteCollection"]
        let words = tag(resource).split(separator: "_").map { OpenAPIPaths.capitalized(String($0)) }.joined()
        let scope = resource.isNamespaced ? "Namespaced" : ""
        return "\(verbs[action] ?? action)\(words)\(scope)\(resource.kind)\(OpenAPIPaths.capitalized(part))"
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
