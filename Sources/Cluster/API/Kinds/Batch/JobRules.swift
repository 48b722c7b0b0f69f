import ClusterObjects

/// What Jobs must be. Source: pkg/apis/batch/validation.
enum JobRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ job: Value) -> [Problem] {
        let spec = job["spec"] ?? .emptyObject
        var problems = generated(job, spec) + self.spec(spec, path)
        let selector = spec.part("selector")
        if selector == nil { problems.append(.required(path / "selector")) }
        let wrong = LabelSelectorRules.validate(selector, path / "selector")
        problems += wrong
        if wrong.isEmpty { problems += PodTemplateRules.matches(selector, spec["template"], path / "template") }
        return problems
    }

    /// The selector the server makes, and the labels that go with it.
    private static func generated(_ job: Value, _ spec: Value) -> [Problem] {
        guard !spec.flag("manualSelector"), let selector = spec.part("selector") else { return [] }
        let (uid, name) = (job[path: "metadata", "uid"]?.string ?? "", job[path: "metadata", "name"]?.string ?? "")
        let expected = [
            "controller-uid": uid, "batch.kubernetes.io/controller-uid": uid, "job-name": name, "batch.kubernetes.io/job-name": name,
        ]
        var problems: [Problem] = []
        let labels = spec[path: "template", "metadata", "labels"]
        let here = path / "template" / "metadata" / "labels"
        for (key, value) in expected.sorted(by: { $0.key < $1.key }) where labels?[key]?.string != value {
            problems.append(
                labels?[key] == nil
                    ? .required(here.key(key), "must be '\(value)'")
                    : .invalid(here.key(key), labels ?? .null, "must be '\(value)'"))
        }
        if LabelSelectorRules.validate(selector, path / "selector").isEmpty,
            !LabelSelectorRules.matches(selector, Value(expected))
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
            problems += prefixedPath(spec.text("managedBy"), path / "managedBy")
            if spec.text("managedBy").utf8.count > 63 { problems.append(.tooLong(path / "managedBy", most: 63)) }
        }
        completion(spec, path, &problems)
        if let policy = spec.part("podFailurePolicy") {
            PodFailurePolicyRules.validate(policy, spec, path / "podFailurePolicy", &problems)
        }
        if let policy = spec.part("successPolicy") {
            let here = path / "successPolicy"
            if spec.text("completionMode") != "Indexed" {
                problems.append(.invalid(here, policy, "requires indexed completion mode"))
            } else if policy.list("rules").isEmpty {
                problems.append(
                    .required(here / "rules", "at least one rules must be specified when the successPolicy is specified"))
            }
        }
        if spec.has("podReplacementPolicy") {
            let words = spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]
            if !words.contains(spec.text("podReplacementPolicy")) {
                problems.append(
                    .notSupported(path / "podReplacementPolicy", spec["podReplacementPolicy"] ?? "", inOrder: words))
            }
        }
        problems += PodTemplateRules.validate(spec["template"], path / "template")
        restart(spec, path / "template" / "spec" / "restartPolicy", &problems)
        return problems
    }

    private static func restart(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let policy = spec[path: "template", "spec", "restartPolicy"]?.string ?? ""
        if policy != "OnFailure", policy != "Never" {
            problems.append(.required(path, "valid values: \"OnFailure\", \"Never\""))
        } else if spec.has("podFailurePolicy"), policy != "Never" {
            problems.append(
                .invalid(path, .string(policy), "only \"Never\" is supported when podFailurePolicy is specified"))
        }
    }

    private static func completion(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let mode = spec.text("completionMode")
        if spec.has("completionMode"), mode != "NonIndexed", mode != "Indexed" {
            problems.append(.notSupported(path / "completionMode", .string(mode), ["Indexed", "NonIndexed"]))
        }
        guard mode == "Indexed" else {
            for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let number = spec[key]?.int {
                    problems.append(.invalid(path / key, Value(number), "requires indexed completion mode"))
                }
            }
            return
        }
        if spec["completions"]?.int == nil {
            problems.append(.required(path / "completions", "when completion mode is Indexed"))
        }
        if spec.number("parallelism") > 100_000 {
            problems.append(
                .invalid(
                    path / "parallelism", Value(spec.number("parallelism")),
                    "must be less than or equal to 100000 when completion mode is Indexed"))
        }
        if let most = spec["maxFailedIndexes"]?.int, let completions = spec["completions"]?.int, most > completions {
            problems.append(.invalid(path / "maxFailedIndexes", Value(most), "must be less than or equal to completions"))
        }
    }

    /// `example.com/path`, as IsDomainPrefixedPath wants it.
    static func prefixedPath(_ text: String, _ path: FieldPath) -> [Problem] {
        if text.isEmpty { return [.required(path)] }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return [.invalid(path, .string(text), "must be a domain-prefixed path (such as \"acme.io/foo\")")]
        }
        var problems: [Problem] = []
        problems.add(path, parts[0], NameFormats.subdomain(parts[0]))
        return problems
    }

    // MARK: - Updates

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return status(new, old) }
        guard subresource.isEmpty else { return [] }
        let (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        var problems = validate(new)
        let isElastic =
            spec.text("completionMode") == "Indexed" && before["completions"] == before["parallelism"]
            && spec["completions"] == spec["parallelism"]
        if !isElastic { problems.immutable(spec["completions"], before["completions"], path / "completions") }
        problems.immutable(spec["selector"], before["selector"], path / "selector", shown: LabelSelectorRules.shown)
        template(spec, before, old, &problems)
        for key in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
            problems.immutable(spec[key], before[key], path / key)
        }
        return problems
    }

    /// Where pods go may change while the job has never started.
    private static func template(_ spec: Value, _ before: Value, _ old: Value, _ problems: inout [Problem]) {
        var after = spec["template"] ?? .emptyObject
        let previous = before["template"] ?? .emptyObject
        if before.flag("suspend"), !(old["status"]?.has("startTime") ?? false) {
            for key in ["nodeSelector", "affinity", "tolerations", "schedulingGates"] {
                after[path: "spec", key] = previous[path: "spec", key]
            }
            for key in ["annotations", "labels"] { after[path: "metadata", key] = previous[path: "metadata", key] }
        }
        problems.immutable(after, previous, path / "template") { _ in
            let metadata = GoJSON(spec[path: "template", "metadata"] ?? .emptyObject).compact
            let inner = GoStruct.text(spec[path: "template", "spec"] ?? .emptyObject, "PodSpec")
            return metadata.dropLast() + (metadata == "{}" ? "" : ",") + "\"Spec\":\(inner)}"
        }
    }

    private static func status(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        let path = FieldPath("status")
        var problems: [Problem] = []
        for key in ["active", "succeeded", "failed", "ready", "terminating"] { problems.nonnegative(status, key, path) }
        let kinds = Set(status.list("conditions").filter { $0.text("status") == "True" }.map { $0.text("type") })
        if kinds.contains("Complete"), kinds.contains("Failed") {
            problems.append(.invalid(path / "conditions", omitted: "cannot set Complete=True and Failed=true conditions"))
        }
        if status.has("completionTime"), !kinds.contains("Complete") {
            problems.append(
                .invalid(
                    path / "completionTime", status["completionTime"] ?? .null,
                    "completionTime can only be set for a Complete job"))
        }
        return problems
    }
}
