import ClusterObjects

/// What a job's `successPolicy` must be.
enum SuccessPolicyRules {
    private static let longest = 64 << 10

    static func validate(_ policy: Value, _ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard spec.text("completionMode") == "Indexed" else {
            return problems.append(.invalid(path, shown: GoStruct.text(policy, "SuccessPolicy"), "requires indexed completion mode"))
        }
        let rules = policy.list("rules")
        let here = path / "rules"
        if rules.isEmpty {
            problems.append(.required(here, "at least one rules must be specified when the successPolicy is specified"))
        }
        if rules.count > 20 { problems.append(.tooMany(here, rules.count, most: 20)) }
        let completions = spec["completions"]?.int ?? 0
        for (index, rule) in rules.enumerated() { self.rule(rule, completions, here.index(index), &problems) }
    }

    private static func rule(_ rule: Value, _ completions: Int, _ path: FieldPath, _ problems: inout [Problem]) {
        let indexes = rule["succeededIndexes"]?.string
        let count = rule["succeededCount"]?.int
        if indexes == nil, count == nil {
            problems.append(.required(path, "at least one of succeededCount or succeededIndexes must be specified"))
        }
        var total = 0
        if let indexes {
            let here = path / "succeededIndexes"
            if indexes.utf8.count > longest { problems.append(.tooLong(here, most: longest)) }
            do throws(IndexIntervals.Malformed) {
                total = try IndexIntervals(indexes, below: completions).count
            } catch {
                problems.append(.invalid(here, .string(indexes), "error parsing succeededIndexes: \(error.message)"))
            }
        }
        guard let count else { return }
        problems.nonnegative(rule, "succeededCount", path)
        func bound(_ most: Int, _ what: String) {
            guard count > most else { return }
            problems.append(
                .invalid(path / "succeededCount", Value(count), "must be less than or equal to \(most) (the number of \(what))"))
        }
        bound(completions, "specified completions")
        if indexes != nil { bound(total, "indexes in the specified succeededIndexes field") }
    }
}
