import ClusterObjects

/// What Jobs must be when they are made, and what the templates of cron jobs must be. Source: pkg/apis/batch/validation.
enum JobRules {
    private static let path = FieldPath("spec")
    /// How many indexes, pods at once and failed indexes an indexed job may have, and where it has a back-off for each index and more
    /// completions than that, how many of the latter two.
    private static let (most, mostOfMany) = (100_000, 10_000)

    @Sendable static func validate(_ job: Value) -> [Problem] {
        let spec = job["spec"] ?? .emptyObject
        var problems = generated(job, spec) + selected(spec)
        // An index is a part of its pod's host name.
        if spec.text("completionMode") == "Indexed", let completions = spec["completions"]?.int, completions > 0 {
            let name = job["metadata"]?.text("name") ?? ""
            let longest = "\(name)-\(completions - 1)"
            if !NameFormats.label(longest).isEmpty {
                problems.append(
                    .invalid(
                        FieldPath("metadata", "name"), .string(name), "will not able to create pod with invalid DNS label: \(longest)"))
            }
        }
        return problems
    }

    /// A job's spec with its selector.
    static func selected(_ spec: Value) -> [Problem] {
        var problems = self.spec(spec, path)
        let selector = spec.part("selector")
        if selector == nil { problems.append(.required(path / "selector")) }
        let wrong = LabelSelectorRules.validate(selector, path / "selector")
        problems += wrong
        if wrong.isEmpty { problems += PodTemplateRules.matches(selector, spec["template"], path / "template") }
        return problems
    }

    /// The selector the server makes, and the labels that go with it. `prefixed` is whether the newer labels are asked for, which jobs
    /// of old releases lack.
    static func generated(_ job: Value, _ spec: Value, prefixed: Bool = true) -> [Problem] {
        guard !spec.flag("manualSelector"), let selector = spec.part("selector") else { return [] }
        let (uid, name) = (job["metadata"]?.text("uid") ?? "", job["metadata"]?.text("name") ?? "")
        var problems: [Problem] = []
        if uid.isEmpty { problems.append(.required(FieldPath("metadata", "uid"))) }
        var expected = [("controller-uid", uid), ("job-name", name)]
        if prefixed { expected += expected.map { ("batch.kubernetes.io/\($0.0)", $0.1) } }
        let labels = spec[path: "template", "metadata", "labels"]
        let here = path / "template" / "metadata" / "labels"
        for (key, value) in expected where labels?[key]?.string != value {
            problems.append(
                labels?[key] == nil
                    ? .required(here.key(key), "must be '\(value)'")
                    : .invalid(here.key(key), labels ?? .null, "must be '\(value)'"))
        }
        if LabelSelectorRules.validate(selector, path / "selector").isEmpty,
            !LabelSelectorRules.matches(selector, .object(Fields(expected.map { ($0.0, .string($0.1)) })))
        {
            problems.append(
                .invalid(path / "selector", shown: LabelSelectorRules.shown(selector), "`selector` not auto-generated"))
        }
        return problems
    }

    /// A job's spec, and that of a cron job's template.
    static func spec(_ spec: Value, _ path: FieldPath) -> [Problem] {
        var problems: [Problem] = []
        let numbers = [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex",
            "maxFailedIndexes",
        ]
        for key in numbers { problems.nonnegative(spec, key, path) }
        if spec.has("maxFailedIndexes"), !spec.has("backoffLimitPerIndex") {
            problems.append(.required(path / "backoffLimitPerIndex", "when maxFailedIndexes is specified"))
        }
        if spec.has("managedBy") {
            problems.prefixedPath(spec.text("managedBy"), path / "managedBy")
            if spec.text("managedBy").utf8.count > 63 { problems.append(.tooLong(path / "managedBy", most: 63)) }
        }
        completion(spec, path, &problems)
        if let policy = spec.part("podFailurePolicy") {
            PodFailurePolicyRules.validate(policy, spec, path / "podFailurePolicy", &problems)
        }
        if let policy = spec.part("successPolicy") { SuccessPolicyRules.validate(policy, spec, path / "successPolicy", &problems) }
        if spec.has("podReplacementPolicy") {
            let words = spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]
            problems.oneOfIfSet(spec, "podReplacementPolicy", words, path)
        }
        problems += PodTemplateRules.validate(spec["template"], path / "template")
        restart(spec, path / "template" / "spec" / "restartPolicy", &problems)
        return problems
    }

    private static func restart(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let policy = spec[path: "template", "spec", "restartPolicy"]?.string ?? ""
        switch policy {
        // What is not said has become `Always`.
        case "", "Always": problems.append(.required(path, "valid values: \"OnFailure\", \"Never\""))
        case "Never": break
        case "OnFailure":
            if spec.has("podFailurePolicy") {
                problems.append(
                    .invalid(path, .string(policy), "only \"Never\" is supported when podFailurePolicy is specified"))
            }
        default: problems.append(.notSupported(path, .string(policy), inOrder: ["OnFailure", "Never"]))
        }
    }

    private static func completion(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let mode = spec.text("completionMode")
        switch spec.has("completionMode") ? mode : "NonIndexed" {
        case "Indexed": indexed(spec, path, &problems)
        case "NonIndexed":
            for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let number = spec[key]?.int {
                    problems.append(.invalid(path / key, Value(number), "requires indexed completion mode"))
                }
            }
        default:
            problems.append(.notSupported(path / "completionMode", .string(mode), inOrder: ["NonIndexed", "Indexed"]))
        }
    }

    private static func indexed(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let completions = spec["completions"]?.int
        if completions == nil { problems.append(.required(path / "completions", "when completion mode is Indexed")) }
        func bound(_ key: String, by most: Int, _ detail: String) {
            guard let number = spec[key]?.int, number > most else { return }
            problems.append(.invalid(path / key, Value(number), "must be less than or equal to \(detail)"))
        }
        bound("parallelism", by: most, "\(most) when completion mode is Indexed")
        if let completions { bound("maxFailedIndexes", by: completions, "completions") }
        bound("maxFailedIndexes", by: most, "\(most)")
        guard let completions, completions > most, spec.has("backoffLimitPerIndex") else { return }
        if !spec.has("maxFailedIndexes") {
            problems.append(.required(path / "maxFailedIndexes", "must be specified when completions is above \(most)"))
        }
        for key in ["parallelism", "maxFailedIndexes"] {
            bound(
                key, by: mostOfMany, "\(mostOfMany) when completions are above \(most) and used with backoff limit per index")
        }
    }
}
