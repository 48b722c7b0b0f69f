import ClusterObjects

/// Wordings of field errors that need more than a value: values printed as Go prints its structs, supported values in a given order.
extension Problem {
    /// `shown` is the bad value already as text.
    static func invalid(_ path: FieldPath, shown: String, _ detail: String) -> Problem {
        Problem(path, .invalid, "Invalid value: \(shown)" + (detail.isEmpty ? "" : ": \(detail)"))
    }

    /// An invalid value that is not shown at all.
    static func invalid(_ path: FieldPath, omitted detail: String) -> Problem {
        Problem(path, .invalid, "Invalid value: \(detail)")
    }

    /// Supported values in the order given.
    static func notSupported(_ path: FieldPath, shown: String, inOrder supported: [String]) -> Problem {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return Problem(path, .notSupported, "Unsupported value: \(shown)" + (list.isEmpty ? "" : ": supported values: \(list)"))
    }

    static func notSupported(_ path: FieldPath, _ value: Value, inOrder supported: [String]) -> Problem {
        notSupported(path, shown: Problem.shown(value), inOrder: supported)
    }
}
