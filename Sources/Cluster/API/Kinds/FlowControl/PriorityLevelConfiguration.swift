import ClusterObjects
import Glibc

extension Kinds {
    /// How many requests of a level run at a time, and what becomes of the others.
    static func priorityLevel(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.setDefaults = { level in
            level.edit("spec") { spec in
                spec.edit("exempt") { for key in ["nominalConcurrencyShares", "lendablePercent"] { $0.fill(key, 0) } }
                spec.edit("limited") { limited in
                    limited.fill("nominalConcurrencyShares", 30)
                    limited.fill("lendablePercent", 0)
                    limited.edit("limitResponse") { response in
                        response.edit("queuing") { queuing in
                            for (key, number) in [("handSize", 8), ("queues", 64), ("queueLengthLimit", 50)]
                            where queuing.number(key) == 0 { queuing[key] = Value(number) }
                        }
                    }
                }
            }
        }
        resource.rules.validate = PriorityLevelRules.validate
        resource.rules.validateUpdate = { new, _, subresource in
            subresource == "status" ? FlowControlRules.conditions(new) : PriorityLevelRules.validate(new)
        }
    }
}

/// What PriorityLevelConfigurations must be. Source: pkg/apis/flowcontrol/validation.
enum PriorityLevelRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ level: Value) -> [Problem] {
        let spec = level["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let type = spec.text("type")
        if (level["metadata"]?.text("name") == "exempt") != (type == "Exempt") {
            problems.append(
                .invalid(path / "type", .string(type), "type must be 'Exempt' if and only if name is 'exempt'"))
        }
        switch type {
        case "Exempt":
            if spec.has("limited") { problems.append(.forbidden(path / "limited", "must be nil if the type is not Limited")) }
            if let exempt = spec.part("exempt") { shares(exempt, path / "exempt", &problems) }
        case "Limited":
            if spec.has("exempt") { problems.append(.forbidden(path / "exempt", "must be nil if the type is Limited")) }
            if let limited = spec.part("limited") {
                self.limited(limited, path / "limited", &problems)
            } else {
                problems.append(.required(path / "limited", "must not be empty when type is Limited"))
            }
        default: problems.append(.notSupported(path / "type", .string(type), ["Exempt", "Limited"]))
        }
        return problems + FlowControlRules.conditions(level)
    }

    private static func shares(_ owner: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let shares = owner.number("nominalConcurrencyShares")
        if shares < 0 {
            problems.append(.invalid(path / "nominalConcurrencyShares", Value(shares), "must be a non-negative integer"))
        }
        problems.range(owner, "lendablePercent", 0...100, path)
    }

    private static func limited(_ limited: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        shares(limited, path, &problems)
        if let percent = limited["borrowingLimitPercent"]?.int, percent < 0 {
            problems.append(
                .invalid(path / "borrowingLimitPercent", Value(percent), "if specified, must be a non-negative integer"))
        }
        let (response, here) = (limited["limitResponse"] ?? .emptyObject, path / "limitResponse")
        switch response.text("type") {
        case "Reject":
            if response.has("queuing") {
                problems.append(.forbidden(here / "queuing", "must be nil if limited.limitResponse.type is not Limited"))
            }
        case "Queue":
            if let queuing = response.part("queuing") {
                self.queuing(queuing, here / "queuing", &problems)
            } else {
                problems.append(.required(here / "queuing", "must not be empty if limited.limitResponse.type is Limited"))
            }
        default: problems.append(.notSupported(here / "type", response["type"] ?? "", ["Queue", "Reject"]))
        }
    }

    private static func queuing(_ queuing: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        func refuse(_ key: String, _ detail: String) {
            problems.append(.invalid(path / key, Value(queuing.number(key)), detail))
        }
        let (queues, hand) = (queuing.number("queues"), queuing.number("handSize"))
        if queuing.number("queueLengthLimit") <= 0 { refuse("queueLengthLimit", "must be positive") }
        if queues <= 0 { refuse("queues", "must be positive") }
        if queues > 10_000_000 { refuse("queues", "must not be greater than 10000000") }
        if hand <= 0 {
            refuse("handSize", "must be positive")
        } else if hand > queues {
            refuse("handSize", "should not be greater than queues (\(queues))")
        } else if (log2(Double(queues)) * Double(hand)).rounded(.up) > 60 {
            // Which queues a flow is dealt is read from a hash of so many bits.
            refuse(
                "handSize", "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than 60")
        }
    }
}
