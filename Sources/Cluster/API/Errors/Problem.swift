import ClusterObjects

/// One thing wrong with one field, worded as k8s.io/apimachinery/pkg/util/validation/field words it.
public struct Problem: Sendable, Hashable {
    /// The `reason` of a cause in `Status.details.causes`.
    public enum Reason: String, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case internalError = "InternalError"
        case typeInvalid = "FieldValueTypeInvalid"
    }

    public var field: String
    public var reason: Reason
    /// The message after the field: `Invalid value: "x": must be …`.
    public var body: String

    public init(_ field: FieldPath, _ reason: Reason, _ body: String) {
        self.field = field.description
        self.reason = reason
        self.body = body
    }

    public init(field: String, reason: Reason, body: String) {
        self.field = field
        self.reason = reason
        self.body = body
    }

    public var message: String { "\(field): \(body)" }

    public var cause: Value { ["reason": .string(reason.rawValue), "message": .string(body), "field": .string(field)] }

    public static func required(_ path: FieldPath, _ detail: String = "") -> Problem {
        Problem(path, .required, detail.isEmpty ? "Required value" : "Required value: \(detail)")
    }

    public static func invalid(_ path: FieldPath, _ value: Value, _ detail: String) -> Problem {
        Problem(path, .invalid, "Invalid value: \(Problem.shown(value))" + (detail.isEmpty ? "" : ": \(detail)"))
    }

    public static func duplicate(_ path: FieldPath, _ value: Value) -> Problem {
        Problem(path, .duplicate, "Duplicate value: \(Problem.shown(value))")
    }

    public static func notFound(_ path: FieldPath, _ value: Value) -> Problem {
        Problem(path, .notFound, "Not found: \(Problem.shown(value))")
    }

    public static func forbidden(_ path: FieldPath, _ detail: String) -> Problem {
        Problem(path, .forbidden, detail.isEmpty ? "Forbidden" : "Forbidden: \(detail)")
    }

    /// `supported` in the order to be shown; Kubernetes sorts it.
    public static func notSupported(_ path: FieldPath, _ value: Value, _ supported: [String]) -> Problem {
        let list = supported.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return Problem(
            path, .notSupported, "Unsupported value: \(Problem.shown(value))" + (list.isEmpty ? "" : ": supported values: \(list)"))
    }

    public static func tooLong(_ path: FieldPath, most: Int) -> Problem {
        Problem(path, .tooLong, "Too long: may not be more than \(most) bytes")
    }

    public static func tooMany(_ path: FieldPath, _ count: Int, most: Int) -> Problem {
        Problem(path, .tooMany, "Too many: \(count): must have at most \(most) items")
    }

    /// A bad value as Go prints it: strings quoted, scalars bare, the rest as JSON.
    static func shown(_ value: Value) -> String {
        switch value {
        case .null: "null"
        default: value.jsonText
        }
    }
}
