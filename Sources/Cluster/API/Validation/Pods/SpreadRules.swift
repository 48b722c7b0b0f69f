import ClusterObjects

/// What topology spread constraints must be.
enum SpreadRules {
    static func validate(_ constraints: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, constraint) in constraints.enumerated() {
            let here = path.index(index)
            if constraint.number("maxSkew") <= 0 {
                problems.append(.invalid(here / "maxSkew", Value(constraint.number("maxSkew")), [Problem].notPositive))
            }
            problems.required(constraint, "topologyKey", here, "can not be empty")
            let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"))
            if !["DoNotSchedule", "ScheduleAnyway"].contains(action) {
                problems.append(
                    .notSupported(here / "whenUnsatisfiable", .string(action), ["DoNotSchedule", "ScheduleAnyway"]))
            }
            if constraints[(index + 1)...].contains(where: {
                $0.text("topologyKey") == key && $0.text("whenUnsatisfiable") == action
            }) {
                problems.append(.duplicate(here / "{topologyKey, whenUnsatisfiable}", .string("{\(key), \(action)}")))
            }
            if let domains = constraint["minDomains"]?.int {
                if domains <= 0 { problems.append(.invalid(here / "minDomains", Value(domains), [Problem].notPositive)) }
                if action != "DoNotSchedule" {
                    problems.append(
                        .invalid(
                            here / "minDomains", Value(domains),
                            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)"))
                }
            }
            for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                problems.oneOfIfSet(constraint, policy, ["Honor", "Ignore"], here)
            }
            LabelKeyRules.validate(constraint, here, &problems)
            problems += LabelSelectorRules.validate(constraint["labelSelector"], here / "labelSelector")
        }
    }
}
