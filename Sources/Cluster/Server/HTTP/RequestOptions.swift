import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport

/// Reads and checks the options of a request's query and, for a deletion, its body.
enum RequestOptions {
    static func list(_ query: Query) throws(APIError) -> ListOptions {
        var options = ListOptions(
            labelSelector: query["labelSelector"], fieldSelector: query["fieldSelector"], resourceVersion: query["resourceVersion"])
        options.resourceVersionMatch = query["resourceVersionMatch"]
        options.limit = try number(query, "limit")
        options.continueToken = query["continue"]
        options.allowWatchBookmarks = query.flag("allowWatchBookmarks")
        options.sendInitialEvents = query.flag("sendInitialEvents")
        options.timeoutSeconds = try number(query, "timeoutSeconds")
        return options
    }

    /// With the supported values in this order.
    private static func unsupported(_ path: FieldPath, _ value: String, _ supported: [String]) -> Problem {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return Problem(path, .notSupported, "Unsupported value: \(Value.string(value).jsonText): supported values: \(list)")
    }

    private static func number(_ query: Query, _ key: String) throws(APIError) -> Int {
        let text = query[key]
        if text.isEmpty { return 0 }
        guard let number = Int(text) else {
            throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        return max(0, number)
    }

    /// Which options go together. Source: k8s.io/apimachinery/pkg/apis/meta/internalversion/validation.
    static func check(_ options: ListOptions, isWatch: Bool, _ query: Query) throws(APIError) {
        var problems: [Problem] = []
        let match = options.resourceVersionMatch
        let path = FieldPath("resourceVersionMatch")
        let hasInitial = query.has("sendInitialEvents")
        if isWatch {
            if !match.isEmpty {
                if !hasInitial {
                    problems.append(.forbidden(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
                }
            }
            if hasInitial {
                if match != "NotOlderThan" {
                    problems.append(
                        .forbidden(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
                }
            }
            if !match.isEmpty, match != "NotOlderThan" {
                problems.append(unsupported(path, match, ["NotOlderThan"]))
            }
            if !options.continueToken.isEmpty, !match.isEmpty {
                problems.append(.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
            }
        } else {
            if hasInitial {
                problems.append(.forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list"))
            }
            if !match.isEmpty {
                if options.resourceVersion.isEmpty {
                    problems.append(.forbidden(path, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
                }
                if !options.continueToken.isEmpty {
                    problems.append(.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
                }
                if match != "Exact", match != "NotOlderThan" {
                    problems.append(unsupported(path, match, ["Exact", "NotOlderThan", ""]))
                }
                if match == "Exact", options.resourceVersion == "0" {
                    problems.append(
                        .forbidden(path, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
                }
            }
        }
        if !problems.isEmpty { throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", problems) }
    }

    /// - Parameter patch: of a PATCH its kind.
    static func write(_ query: Query, patch: Patch.Kind?, kind: String) throws(APIError) -> WriteOptions {
        var problems: [Problem] = []
        let dryRun = query.all("dryRun")
        for value in dryRun where value != "All" {
            problems.append(.notSupported(FieldPath("dryRun"), .array(dryRun.map(Value.string)), ["All"]))
        }
        let manager = query["fieldManager"]
        let path = FieldPath("fieldManager")
        if manager.utf8.count > 128 { problems.append(.tooLong(path, most: 128)) }
        for (index, scalar) in manager.unicodeScalars.enumerated() where scalar.properties.generalCategory == .control {
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            problems.append(.invalid(path, .string(manager), "invalid character \(code) (at position \(index))"))
            break
        }
        let validation = query["fieldValidation"]
        if !["", "Strict", "Warn", "Ignore"].contains(validation) {
            problems.append(unsupported(FieldPath("fieldValidation"), validation, ["", "Ignore", "Strict", "Warn"]))
        }
        let force = query.has("force")
        if let patch, patch == .apply {
            if manager.isEmpty { problems.append(.required(path, "is required for apply patch")) }
        } else if patch != nil, force {
            problems.append(.forbidden(FieldPath("force"), "may not be specified for non-apply patch"))
        }
        if !problems.isEmpty { throw .invalid(group: "meta.k8s.io", kind: kind, name: "", problems) }
        return WriteOptions(
            fieldManager: manager, fieldValidation: validation, dryRun: !dryRun.isEmpty, force: query.flag("force"))
    }

    /// DeleteOptions may come in the version of any group.
    private static func deleteBody(_ request: HTTPRequest) throws(APIError) -> Tree {
        let body: Tree
        if RequestBody.mediaType(request) == "application/vnd.kubernetes.protobuf" {
            body = try ProtobufDecoder.decode(request.body).tree
        } else {
            do throws(JSONError) { body = try Tree(parsing: request.body, limits: .request) } catch {
                throw .badRequest("couldn't get version/kind; json parse error: \(error.message)")
            }
        }
        if let kind = body["kind"]?.string, !kind.isEmpty, kind != "DeleteOptions" {
            throw .badRequest(
                "no kind \"\(kind)\" is registered for version \"\(body["apiVersion"]?.string ?? "")\" in scheme \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\""
            )
        }
        return body
    }

    static func delete(_ query: Query, _ request: HTTPRequest) throws(APIError) -> DeleteOptions {
        var options = DeleteOptions()
        var dryRun = query.all("dryRun")
        var orphan: Bool?
        if !request.body.isEmpty {
            let body = try deleteBody(request)
            let schema = BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "DeleteOptions")) ?? .any
            let value = try ObjectDecoder.decode(body, schema: schema, kind: "DeleteOptions", version: "v1").value
            options.gracePeriodSeconds = value["gracePeriodSeconds"]?.int
            options.propagationPolicy = value["propagationPolicy"]?.string ?? ""
            options.uid = value[path: "preconditions", "uid"]?.string ?? ""
            options.resourceVersion = value[path: "preconditions", "resourceVersion"]?.string ?? ""
            orphan = value["orphanDependents"]?.bool
            dryRun += value["dryRun"]?.strings ?? []
        } else {
            if query.has("gracePeriodSeconds") {
                guard let seconds = Int(query["gracePeriodSeconds"]) else {
                    throw .badRequest("strconv.ParseInt: parsing \"\(query["gracePeriodSeconds"])\": invalid syntax")
                }
                options.gracePeriodSeconds = seconds
            }
            options.propagationPolicy = query["propagationPolicy"]
            if query.has("orphanDependents") { orphan = query.flag("orphanDependents") }
        }
        var problems: [Problem] = []
        let policy = options.propagationPolicy
        if !policy.isEmpty, orphan != nil {
            problems.append(
                .invalid(
                    FieldPath("propagationPolicy"), .string(policy),
                    "orphanDependents and deletionPropagation cannot be both set"))
        }
        if !["", "Foreground", "Background", "Orphan"].contains(policy) {
            problems.append(
                unsupported(FieldPath("propagationPolicy"), policy, ["Foreground", "Background", "Orphan", "nil"]))
        }
        for value in dryRun where value != "All" {
            problems.append(.notSupported(FieldPath("dryRun"), .array([.string(value)]), ["All"]))
        }
        if !problems.isEmpty { throw .invalid(group: "meta.k8s.io", kind: "DeleteOptions", name: "", problems) }
        if let orphan { options.propagationPolicy = orphan ? "Orphan" : "Background" }
        options.dryRun = !dryRun.isEmpty
        return options
    }
}
