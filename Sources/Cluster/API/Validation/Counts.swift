import ClusterObjects

/// Counts that may be percentages.
enum Counts {
    static func check(_ value: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        if let text = value?.string {
            if Formats.percent(text) == nil { problems.append(.invalid(path, .string(text), Formats.notPercent)) }
        } else if let number = value?.int, number < 0 {
            problems.append(.invalid(path, Value(number), [Problem].negative))
        }
    }

    static func checkMost(_ value: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        if let text = value?.string, let percent = Formats.percent(text), percent > 100 {
            problems.append(.invalid(path, .string(text), "must not be greater than 100%"))
        }
    }

    static func isZero(_ value: Value?) -> Bool {
        if let text = value?.string { return (Formats.percent(text) ?? Int(text) ?? 0) == 0 }
        return (value?.int ?? 0) == 0
    }
}
