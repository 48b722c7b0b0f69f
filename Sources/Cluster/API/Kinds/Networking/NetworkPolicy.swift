import ClusterObjects

extension Kinds {
    static func networkPolicy(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { policy in
            policy.edit("spec") { spec in
                for direction in ["ingress", "egress"] {
                    spec.editEach(direction) { $0.editEach("ports") { $0.fill("protocol", "TCP") } }
                }
                if spec.list("policyTypes").isEmpty {
                    spec["policyTypes"] = Value(["Ingress"] + (spec.list("egress").isEmpty ? [] : ["Egress"]))
                }
            }
        }
        resource.rules.validate = NetworkPolicyRules.validate
        resource.rules.validateUpdate = NetworkPolicyRules.validateUpdate
    }
}

/// What NetworkPolicies must be. Source: pkg/apis/networking/validation.
enum NetworkPolicyRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ policy: Value) -> [Problem] {
        let spec = policy["spec"] ?? .emptyObject
        var problems = LabelSelectorRules.validate(spec["podSelector"], path / "podSelector")
        for (direction, side) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in spec.list(direction).enumerated() {
                let here = (path / direction).index(index)
                for (place, port) in rule.list("ports").enumerated() {
                    self.port(port, (here / "ports").index(place), &problems)
                }
                for (place, peer) in rule.list(side).enumerated() { self.peer(peer, (here / side).index(place), &problems) }
            }
        }
        let types = spec["policyTypes"]?.strings ?? []
        if types.count > 2 {
            problems.append(.invalid(path / "policyTypes", Value(types), "may not specify more than two policyTypes"))
            return problems
        }
        for (index, type) in types.enumerated() where type != "Ingress" && type != "Egress" {
            problems.append(
                .notSupported((path / "policyTypes").index(index), .string(type), inOrder: ["Ingress", "Egress"]))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] { validate(new) }

    private static func port(_ port: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.oneOfIfSet(port, "protocol", ["SCTP", "TCP", "UDP"], path)
        let end = port["endPort"]?.int
        guard let value = port.part("port") else {
            if let end {
                problems.append(
                    .invalid(path / "endPort", Value(end), "may not be specified when `port` is not specified"))
            }
            return
        }
        if let name = value.string {
            if let end {
                problems.append(.invalid(path / "endPort", Value(end), "may not be specified when `port` is non-numeric"))
            }
            return problems.add(path / "port", name, Formats.portName(name))
        }
        let number = value.int ?? 0
        problems.port(number, path / "port")
        guard let end else { return }
        if end < number {
            problems.append(.invalid(path / "endPort", Value(number), "must be greater than or equal to `port`"))
        }
        problems.port(end, path / "endPort")
    }

    private static func peer(_ peer: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let kinds = ["podSelector", "namespaceSelector", "ipBlock"].filter { peer.has($0) }
        for kind in kinds where kind != "ipBlock" { problems += LabelSelectorRules.validate(peer[kind], path / kind) }
        if let block = peer.part("ipBlock") { self.block(block, path / "ipBlock", &problems) }
        if kinds.isEmpty { problems.append(.required(path, "must specify a peer")) }
        if kinds.count > 1, kinds.contains("ipBlock") {
            problems.append(.forbidden(path, "may not specify both ipBlock and another peer"))
        }
    }

    private static func block(_ block: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let text = block.text("cidr")
        if text.isEmpty { return problems.append(.required(path / "cidr")) }
        problems.cidr(text, path / "cidr")
        guard let range = IPRange(text) else { return }
        for (index, except) in (block["except"]?.strings ?? []).enumerated() {
            let here = (path / "except").index(index)
            problems.cidr(except, here)
            guard let hole = IPRange(except) else { continue }
            if !range.contains(hole.address) || hole.length <= range.length {
                problems.append(.invalid(here, .string(except), "must be a strict subset of `cidr`"))
            }
        }
    }
}
