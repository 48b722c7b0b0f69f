import ClusterObjects

/// What `matchLabelKeys` and `mismatchLabelKeys` must be, in terms about other pods and in constraints of how pods are spread.
enum LabelKeyRules {
    /// `owner` is the term or constraint, its selector already with the requirements that were made of the keys.
    static func validate(_ owner: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let selector = owner.part("labelSelector")
        let (matched, mismatched) = (owner["matchLabelKeys"]?.strings ?? [], owner["mismatchLabelKeys"]?.strings ?? [])
        for (list, keys) in [("matchLabelKeys", matched), ("mismatchLabelKeys", mismatched)] where !keys.isEmpty {
            guard selector != nil else {
                problems.append(.forbidden(path / list, "must not be specified when labelSelector is not set"))
                continue
            }
            for (index, key) in keys.enumerated() { problems.qualifiedName(key, (path / list).index(index)) }
        }
        // One requirement is that of the key itself; a second one is the user's.
        var named = Set(selector?.map("matchLabels").keys ?? [])
        for requirement in selector?.list("matchExpressions") ?? [] {
            let key = requirement.text("key")
            if let index = matched.lastIndex(of: key), named.contains(key) {
                problems.append(.invalid(path.index(index), .string(key), "exists in both matchLabelKeys and labelSelector"))
            }
            named.insert(key)
        }
        for (index, key) in matched.enumerated() where mismatched.contains(key) {
            problems.append(
                .invalid(
                    (path / "matchLabelKeys").index(index), .string(key), "exists in both matchLabelKeys and mismatchLabelKeys"))
        }
    }
}
