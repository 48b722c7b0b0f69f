import ClusterObjects

/// Names and amounts of resources. Source: pkg/apis/core/validation and pkg/apis/core/helper.
enum ResourceListRules {
    private static let standard: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu",
        "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
        "configmaps", "persistentvolumeclaims", "storage", "requests.storage", "services.nodeports", "services.loadbalancers",
    ]
    private static let quota: Set<String> = standard.subtracting(["storage"])
    private static let counted: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    ]

    static func isHuge(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    static func isNative(_ name: String) -> Bool { !hasPrefix(name) || name.contains("kubernetes.io/") }
    private static func hasPrefix(_ name: String) -> Bool { name.utf8.contains(UInt8(ascii: "/")) }
    static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && NameFormats.qualifiedName("requests." + name).isEmpty
    }
    static func mayOvercommit(_ name: String) -> Bool { isNative(name) && !isHuge(name) }
    static func isStandardQuota(_ name: String) -> Bool {
        quota.contains(name) || isHuge(name) || name.hasPrefix("requests.hugepages-")
    }

    static func name(_ name: String, _ path: FieldPath) -> [Problem] {
        var problems: [Problem] = []
        problems.qualifiedName(name, path)
        if problems.isEmpty, !hasPrefix(name), !standard.contains(name), !isHuge(name), !name.hasPrefix("requests.hugepages-") {
            problems.append(.invalid(path, .string(name), "must be a standard resource type or fully qualified"))
        }
        return problems
    }

    static func containerName(_ name: String, _ path: FieldPath) -> [Problem] {
        if ["cpu", "memory", "ephemeral-storage"].contains(name) { return [] }
        var problems = self.name(name, path)
        if !hasPrefix(name) {
            if !isHuge(name) {
                problems.append(.invalid(path, .string(name), "must be a standard resource for containers"))
            }
        } else if !isNative(name), !isExtended(name) {
            problems.append(.invalid(path, .string(name), "doesn't follow extended resource name standard"))
        }
        return problems
    }

    static func quotaName(_ name: String, _ path: FieldPath) -> [Problem] {
        var problems = self.name(name, path)
        // Counts of any kind are written `count/deployments.apps`.
        if !hasPrefix(name), !isStandardQuota(name) {
            problems.append(.invalid(path, .string(name), "must be a standard resource for quota"))
        }
        return problems
    }

    static func amount(_ name: String, _ value: Value, _ path: FieldPath) -> [Problem] {
        guard let quantity = value.quantity else { return [] }
        var problems: [Problem] = []
        if quantity.isNegative {
            problems.append(.invalid(path, .string(quantity.description), [Problem].negative))
        }
        if counted.contains(name) || isExtended(name), !quantity.isWhole {
            problems.append(.invalid(path, .string(quantity.description), "must be an integer"))
        }
        return problems
    }

    /// What can be asked for a pod as a whole: these, and huge pages.
    static func isOfPods(_ name: String) -> Bool { name == "cpu" || name == "memory" || isHuge(name) }

    private static func podName(_ name: String, _ path: FieldPath) -> [Problem] {
        let problems = self.name(name, path)
        if !problems.isEmpty || isOfPods(name) { return problems }
        return [.notSupported(path, .string(name), ["cpu", "hugepages-", "memory"])]
    }

    /// A container's `resources`, or with `ofPod` a pod's. `claims` are the names the pod has claims by.
    static func requirements(
        _ resources: Value, _ path: FieldPath, claims: Set<String> = [], ofPod: Bool = false, _ problems: inout [Problem]
    ) {
        let (limits, requests) = (resources.map("limits"), resources.map("requests"))
        let containerName = ofPod ? podName : containerName
        for (name, value) in limits {
            let here = (path / "limits").key(name)
            problems += containerName(name, here) + amount(name, value, here)
            hugePages(name, value, here, &problems)
        }
        for (name, value) in requests {
            let here = (path / "requests").key(name)
            problems += containerName(name, here) + amount(name, value, here)
            compare(name, value, limits[name], path, &problems)
            hugePages(name, value, here, &problems)
        }
        if limits.isEmpty, requests.isEmpty, resources["claims"] == nil { return }
        let names = limits.keys + requests.keys
        if names.contains(where: isHuge), !names.contains("cpu"), !names.contains("memory") {
            problems.append(.forbidden(path, "HugePages require cpu or memory"))
        }
        claimNames(resources.list("claims"), claims, path / "claims", &problems)
    }

    private static func compare(
        _ name: String, _ request: Value, _ limit: Value?, _ path: FieldPath, _ problems: inout [Problem]
    ) {
        // Nothing to hold it against.
        if limit == nil, mayOvercommit(name) { return }
        guard let wanted = request.quantity else { return }
        guard let most = limit?.quantity else {
            if !mayOvercommit(name) {
                problems.append(.required(path / "limits", "Limit must be set for non overcommitable resources"))
            }
            return
        }
        if wanted != most, !mayOvercommit(name) {
            problems.append(
                .invalid(path / "requests", .string(wanted.description), "must be equal to \(name) limit of \(most)"))
        } else if wanted > most {
            problems.append(
                .invalid(
                    path / "requests", .string(wanted.description), "must be less than or equal to \(name) limit of \(most)"))
        }
    }

    private static func hugePages(_ name: String, _ value: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard isHuge(name), let amount = value.quantity else { return }
        let size = Quantity(String(name.dropFirst("hugepages-".count)))
        if let size, size.value > 0, amount.isWhole, amount.value % size.value == 0 { return }
        problems.append(
            .invalid(
                path, .string(amount.description), "\(amount) is not positive integer multiple of \(name)"))
    }

    private static func claimNames(_ claims: [Value], _ known: Set<String>, _ path: FieldPath, _ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, claim) in claims.enumerated() {
            let (name, here) = (claim.text("name"), path.index(index))
            if name.isEmpty {
                problems.append(.required(here))
                continue
            }
            let request = claim.text("request")
            if seen.contains(name) {
                // All of it has been named already.
                problems.append(.duplicate(here, .string(name)))
            } else {
                let key = request.isEmpty ? name : "\(name)/\(request)"
                if !request.isEmpty { problems.label(request, here / "request") }
                if seen.contains(key) || request.isEmpty && seen.contains(where: { $0.hasPrefix("\(name)/") }) {
                    problems.append(.duplicate(here, .string(key)))
                }
                seen.insert(key)
            }
            if !known.contains(name) {
                let rest = known.isEmpty ? " which is empty" : ": " + known.sorted().joined(separator: ", ")
                problems.append(
                    Problem(
                        here, .notFound,
                        "Not found: \(Value.string(name).jsonText): must be one of the names in pod.spec.resourceClaims\(rest)"))
            }
        }
    }
}
