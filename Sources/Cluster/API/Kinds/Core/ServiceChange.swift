import ClusterObjects

/// How Services may change: addresses and their families stay while there is one, and are added or given up after the first.
/// Source: pkg/apis/core/validation, ValidateServiceUpdate.
enum ServiceChange {
    private static let path = FieldPath("spec")
    private static let fixed = "may not change once set"

    @Sendable static func validate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return LoadBalancerRules.status(new) }
        guard subresource.isEmpty else { return [] }
        let (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        var problems: [Problem] = []
        if spec.text("type") != "ExternalName", before.text("type") != "ExternalName" {
            addresses(spec, before, &problems)
            families(spec, before, &problems)
        }
        let areBalanced = spec.text("type") == "LoadBalancer" && before.text("type") == "LoadBalancer"
        if areBalanced, spec["loadBalancerClass"]?.string != before["loadBalancerClass"]?.string {
            problems.append(.invalid(path / "loadBalancerClass", spec["loadBalancerClass"] ?? .null, fixed))
        }
        // Looked at here and with the rest, as Kubernetes does.
        ServiceRules.balancerClass(spec, &problems)
        let areLocal = spec.text("externalTrafficPolicy") == "Local" && before.text("externalTrafficPolicy") == "Local"
        if areBalanced, areLocal, spec.number("healthCheckNodePort") != before.number("healthCheckNodePort") {
            problems.append(.forbidden(path / "healthCheckNodePort", [Problem].immutable))
        }
        return problems + ServiceRules.validate(new)
    }

    private static func addresses(_ spec: Value, _ before: Value, _ problems: inout [Problem]) {
        if ServiceRules.isHeadless(spec), ServiceRules.isHeadless(before) { return }
        let (new, old) = (spec["clusterIPs"]?.strings ?? [], before["clusterIPs"]?.strings ?? [])
        let here = path / "clusterIPs"
        if new.count == old.count {
            for (index, pair) in zip(new, old).enumerated() where pair.0 != pair.1 {
                problems.append(.invalid(here.index(index), Value(new), fixed))
            }
            return
        }
        guard let now = new.first else {
            return problems.append(.invalid(here.index(0), .null, "primary clusterIP can not be unset"))
        }
        if let first = old.first, first != now { problems.append(.invalid(here.index(0), Value(new), fixed)) }
        if old.count > new.count, new.count == 1 { released("clusterIP", spec, &problems) }
    }

    private static func families(_ spec: Value, _ before: Value, _ problems: inout [Problem]) {
        if ServiceRules.isHeadless(spec) || ServiceRules.isHeadless(before) { return }
        let (new, old) = (spec["ipFamilies"]?.strings ?? [], before["ipFamilies"]?.strings ?? [])
        let here = (path / "ipFamilies").index(0)
        if new.count == old.count {
            for (now, first) in zip(new, old) where now != first { problems.append(.invalid(here, Value(new), fixed)) }
            return
        }
        let addresses = spec["clusterIPs"]?.strings ?? []
        if old.count > new.count, addresses.isEmpty {
            problems.append(.invalid(here, spec["ipFamilies"] ?? .null, "primary ipFamily can not be unset"))
        }
        // Kubernetes shows the addresses here.
        if let first = old.first, let now = new.first, first != now { problems.append(.invalid(here, Value(addresses), fixed)) }
        if old.count > new.count, new.count == 1 { released("ipFamily", spec, &problems) }
    }

    /// Giving up the second of two must be said.
    private static func released(_ what: String, _ spec: Value, _ problems: inout [Problem]) {
        guard spec.text("ipFamilyPolicy") != "SingleStack" else { return }
        problems.append(
            .invalid(
                path / "ipFamilyPolicy", spec["ipFamilyPolicy"] ?? .null,
                "must be set to 'SingleStack' when releasing the secondary \(what)"))
    }
}
