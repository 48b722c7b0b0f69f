extension CEL.Predictor {
    typealias Configuration = CEL.Configuration
    typealias Configurations = CEL.Configurations

    /// Where the alternatives of a decision begin.
    func startConfigurations(
        _ decision: Decision, stack: Int, isFull: Bool, _ stacks: inout CEL.RuleStacks
    ) -> Configurations {
        var closure = Closure(network: network, decision: decision, isFull: isFull, endIsFree: false, stacks: stacks)
        for (index, transition) in network.states[decision.state].transitions.enumerated() {
            closure.seen = []
            closure.add(
                Configuration(key: .init(state: transition.target, alternative: index + 1, stack: stack)), depth: 0, asksStrength: true)
        }
        stacks = closure.stacks
        guard decision.isLoopOverOperators(network), !isFull else { return closure.found }
        // An operator goes to the innermost operand: what leaving the loop would read as well is read in it.
        let inLoop = Set(closure.found.all.filter { $0.alternative == 1 }.map { [$0.state, $0.stack] })
        var kept = Configurations()
        for configuration in closure.found.all
        where configuration.alternative == 1 || configuration.isOutside || !inLoop.contains([configuration.state, configuration.stack]) {
            kept.add(configuration)
        }
        return kept
    }

    /// Where configurations are after a token.
    func reach(
        _ from: Configurations, _ kind: CEL.Token.Kind, _ decision: Decision, isFull: Bool, _ stacks: inout CEL.RuleStacks
    ) -> Configurations {
        var moved = Configurations()
        var ended: [Configuration] = []
        for configuration in from.all {
            let state = network.states[configuration.state]
            if state.kind == .ruleStop {
                if isFull || kind == .end { ended.append(configuration) }
                continue
            }
            for transition in state.transitions {
                if case .token(let kinds) = transition.step, kinds.contains(kind) { moved.add(configuration.moved(to: transition.target)) }
            }
        }
        if ended.isEmpty, kind != .end, moved.alternative != nil { return moved }
        var closure = Closure(network: network, decision: decision, isFull: isFull, endIsFree: kind == .end, stacks: stacks)
        for configuration in moved.all { closure.add(configuration, depth: 0, asksStrength: false) }
        stacks = closure.stacks
        var reached = closure.found
        let isStop = { (configuration: Configuration) in network.states[configuration.state].kind == .ruleStop }
        if kind == .end {
            // Nothing comes after the end.
            var stopped = Configurations()
            for configuration in reached.all where isStop(configuration) { stopped.add(configuration) }
            reached = stopped
        }
        if !ended.isEmpty, !isFull || !reached.all.contains(where: isStop) {
            for configuration in ended { reached.add(configuration) }
        }
        return reached
    }

    /// Everything that can be reached without reading a token.
    private struct Closure {
        let network: CEL.GrammarNetwork
        let decision: Decision
        /// Stacks are the real ones, an empty one the end of all; else an empty one stands for any.
        let isFull: Bool
        let endIsFree: Bool
        var stacks: CEL.RuleStacks
        var found = Configurations()
        var seen: Set<Configuration> = []

        /// - Parameter depth: how many rules deep below the one of the decision; negative once that has been left.
        mutating func add(_ configuration: Configuration, depth: Int, asksStrength: Bool) {
            let state = network.states[configuration.state]
            let isStop = state.kind == .ruleStop
            if isStop {
                if configuration.stack != CEL.RuleStacks.empty {
                    let (below, returnsTo) = stacks.pop(configuration.stack)
                    return add(configuration.moved(to: returnsTo, stack: below), depth: depth - 1, asksStrength: asksStrength)
                }
                if isFull { return found.add(configuration) }
            }
            if !state.isFree { found.add(configuration) }
            for transition in state.transitions {
                guard let next = next(configuration, transition, depth, asksStrength) else { continue }
                var depth = depth
                if isStop {
                    var next = next
                    next.leftRule = true
                    if transition.leavesOperators, decision.isLoopOverOperators(network),
                        network.states[configuration.state].rule == network.states[decision.state].rule
                    {
                        next.isOutside = true
                    }
                    if seen.insert(next).inserted { add(next, depth: depth - 1, asksStrength: asksStrength) }
                    continue
                }
                if case .rule = transition.step, depth >= 0 { depth += 1 }
                add(next, depth: depth, asksStrength: asksStrength)
            }
        }

        private mutating func next(
            _ configuration: Configuration, _ transition: CEL.GrammarNetwork.Transition, _ depth: Int, _ asksStrength: Bool
        ) -> Configuration? {
            switch transition.step {
            case .free: configuration.moved(to: transition.target)
            case .rule(_, _, let follow):
                configuration.moved(to: transition.target, stack: stacks.push(follow, on: configuration.stack))
            case .strength(let strength):
                asksStrength && depth == 0 && strength < decision.minimum ? nil : configuration.moved(to: transition.target)
            case .token(let kinds): endIsFree && kinds.contains(.end) ? configuration.moved(to: transition.target) : nil
            }
        }
    }
}

extension CEL.Predictor.Decision {
    /// Whether it decides if a loop over operators goes on.
    func isLoopOverOperators(_ network: CEL.GrammarNetwork) -> Bool {
        let place = network.states[state]
        return place.kind == .loopEntry && CEL.GrammarNetwork.hasStrengths(place.rule)
    }
}
