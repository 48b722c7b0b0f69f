import ClusterObjects

/// A failed request: what the server answers as a `Status` object, and what clients throw.
public struct APIError: Error, Sendable, CustomStringConvertible {
    /// HTTP status code.
    public var code: Int
    /// Machine-readable `reason`: NotFound, AlreadyExists, Conflict, Invalid, …; empty when unknown.
    public var reason: String
    public var message: String
    /// `details` of the Status (name, group, kind, uid, causes, retryAfterSeconds); nil for none.
    public var details: Value?

    public init(code: Int, reason: String, message: String, details: Value? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    public var description: String { message }

    public var isNotFound: Bool { code == 404 }
    public var isAlreadyExists: Bool { reason == "AlreadyExists" }
    public var isConflict: Bool { reason == "Conflict" }
    /// The asked-for resourceVersion has been compacted: list again.
    public var isExpired: Bool { code == 410 }

    /// Seconds after which to try again, when the server said so.
    public var retryAfterSeconds: Int? { details?["retryAfterSeconds"]?.int }

    /// The `Status` object.
    public var status: Value {
        var status: Value = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "code": .int(Int64(code)),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if let details { status["details"] = details }
        return status
    }

    /// Reads a `Status` object that a server answered.
    public init(status: Tree, code: Int) {
        self.init(
            code: status["code"]?.int ?? code, reason: status["reason"]?.string ?? "",
            message: status["message"]?.string ?? "the server answered \(code)", details: status["details"]?.value)
    }

    // MARK: - The errors of k8s.io/apimachinery/pkg/api/errors

    private static func details(_ resource: GroupResource, _ name: String, _ more: [(String, Value)] = []) -> Value {
        var details = Value.emptyObject
        if !name.isEmpty { details["name"] = .string(name) }
        if !resource.group.isEmpty { details["group"] = .string(resource.group) }
        if !resource.resource.isEmpty { details["kind"] = .string(resource.resource) }
        for (key, value) in more { details[key] = value }
        return details
    }

    public static func notFound(_ resource: GroupResource, _ name: String) -> APIError {
        APIError(code: 404, reason: "NotFound", message: "\(resource) \"\(name)\" not found", details: details(resource, name))
    }

    public static func alreadyExists(_ resource: GroupResource, _ name: String) -> APIError {
        APIError(
            code: 409, reason: "AlreadyExists", message: "\(resource) \"\(name)\" already exists", details: details(resource, name))
    }

    public static func conflict(_ resource: GroupResource, _ name: String, _ why: String) -> APIError {
        APIError(
            code: 409, reason: "Conflict", message: "Operation cannot be fulfilled on \(resource) \"\(name)\": \(why)",
            details: details(resource, name))
    }

    public static func forbidden(_ resource: GroupResource, _ name: String, _ why: String) -> APIError {
        let subject = name.isEmpty ? "\(resource) is" : "\(resource) \"\(name)\" is"
        return APIError(code: 403, reason: "Forbidden", message: "\(subject) forbidden: \(why)", details: details(resource, name))
    }

    public static func badRequest(_ message: String) -> APIError { APIError(code: 400, reason: "BadRequest", message: message) }

    public static func unauthorized() -> APIError { APIError(code: 401, reason: "Unauthorized", message: "Unauthorized") }

    public static func internalError(_ message: String) -> APIError {
        APIError(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
            details: ["causes": [["message": .string(message)]]])
    }

    /// The object breaks rules of its kind: every problem at once. The kind is named in `details`, as Kubernetes does.
    public static func invalid(group: String, kind: String, name: String, _ problems: [Problem]) -> APIError {
        let subject = GroupResource(group, kind)
        // The message names what is wrong once, the causes as often as it was found.
        var listed: [String] = []
        for problem in problems where !listed.contains(problem.message) { listed.append(problem.message) }
        let text = listed.count == 1 ? listed[0] : "[\(listed.joined(separator: ", "))]"
        return APIError(
            code: 422, reason: "Invalid", message: "\(subject) \"\(name)\" is invalid: \(text)",
            details: details(subject, name, [("causes", .array(problems.map(\.cause)))]))
    }

    public static func expired(_ message: String) -> APIError { APIError(code: 410, reason: "Expired", message: message) }

    public static func serviceUnavailable(_ message: String) -> APIError {
        APIError(code: 503, reason: "ServiceUnavailable", message: message)
    }

    public static func tooManyRequests(_ message: String, retryAfter seconds: Int) -> APIError {
        APIError(
            code: 429, reason: "TooManyRequests", message: message, details: ["retryAfterSeconds": .int(Int64(seconds))])
    }
}
