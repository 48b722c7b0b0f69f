import Synchronization

extension CEL {
    /// Chooses between the alternatives of a decision by as many tokens as that takes.
    ///
    /// First without regard to where the rule was called from, which is remembered as an automaton for each decision; where that leaves
    /// several alternatives, again with the real stack, and then the first of them is taken. Source: the paper named in
    /// ``GrammarNetwork``.
    struct Predictor: Sendable {
        /// A decision; in a loop over operators, with the least strength taken.
        struct Decision: Hashable { var state: Int, minimum: Int }

        /// No alternative fits.
        struct NoAlternative: Error {
            /// The token at which the last one ended: an index into what was given.
            var at: Int
        }

        private enum Outcome: Sendable { case alternative(Int), severalFit, open, none }
        private struct Place: Sendable {
            var configurations: Configurations
            var outcome: Outcome
            var edges: [Token.Kind: Int] = [:]
        }
        private struct Automaton: Sendable {
            var places: [Place] = []
            var known: [Configurations: Int] = [:]

            mutating func add(_ configurations: Configurations, _ outcome: Outcome) -> Int {
                if let found = known[configurations] { return found }
                places.append(Place(configurations: configurations, outcome: outcome))
                known[configurations] = places.count - 1
                return places.count - 1
            }
        }

        let network = GrammarNetwork.shared
        private var automata: [Decision: Automaton] = [:]
        private var stacks = RuleStacks()

        /// The one that all parsers share: what one has learned about a decision, the others know.
        static let shared = Mutex(Predictor())

        /// - Parameters:
        ///   - tokens: those from which on it is decided, without hidden ones.
        ///   - callers: where the rule and its callers go on after they end, the newest first.
        mutating func choose(
            _ decision: Decision, _ tokens: ArraySlice<Token>, callers: [Int]
        ) throws(NoAlternative) -> Int {
            var automaton = automata[decision] ?? Automaton()
            defer { automata[decision] = automaton }
            if automaton.places.isEmpty {
                let start = startConfigurations(decision, stack: RuleStacks.empty, isFull: false, &stacks)
                _ = automaton.add(start, .open)
            }
            var place = 0
            var position = tokens.startIndex
            while true {
                let kind = tokens[position].kind
                let next = automaton.places[place].edges[kind] ?? extend(&automaton, place, kind, decision)
                automaton.places[place].edges[kind] = next
                switch automaton.places[next].outcome {
                case .alternative(let chosen): return chosen
                case .severalFit: return try chooseWithCallers(decision, tokens, callers)
                case .none:
                    if let finished = automaton.places[place].configurations.finished(network) { return finished }
                    throw NoAlternative(at: position)
                case .open: place = next
                }
                if position + 1 < tokens.endIndex { position += 1 }
            }
        }

        private mutating func extend(
            _ automaton: inout Automaton, _ place: Int, _ kind: Token.Kind, _ decision: Decision
        ) -> Int {
            let reached = reach(automaton.places[place].configurations, kind, decision, isFull: false, &stacks)
            if reached.all.isEmpty { return automaton.add(reached, .none) }
            if let alternative = reached.alternative { return automaton.add(reached, .alternative(alternative)) }
            return automaton.add(reached, severalFit(reached) ? .severalFit : .open)
        }

        /// Whether more tokens cannot tell the alternatives apart.
        private func severalFit(_ reached: Configurations) -> Bool {
            if reached.all.allSatisfy({ network.states[$0.state].kind == .ruleStop }) { return true }
            guard reached.conflicts(stacks, emptyIsAny: true).contains(where: { $0.count > 1 }) else { return false }
            var byState: [Int: Set<Int>] = [:]
            for configuration in reached.all { byState[configuration.state, default: []].insert(configuration.alternative) }
            return !byState.values.contains { $0.count == 1 }
        }

        private func chooseWithCallers(
            _ decision: Decision, _ tokens: ArraySlice<Token>, _ callers: [Int]
        ) throws(NoAlternative) -> Int {
            var stacks = RuleStacks()
            let stack = callers.reversed().reduce(RuleStacks.empty) { stacks.push($1, on: $0) }
            var current = startConfigurations(decision, stack: stack, isFull: true, &stacks)
            var position = tokens.startIndex
            while true {
                let reached = reach(current, tokens[position].kind, decision, isFull: true, &stacks)
                if reached.all.isEmpty {
                    if let finished = current.finished(network) { return finished }
                    throw NoAlternative(at: position)
                }
                if let alternative = reached.alternative { return alternative }
                let firsts = Set(reached.conflicts(stacks, emptyIsAny: false).compactMap { $0.min() })
                if firsts.count == 1, let only = firsts.first { return only }
                current = reached
                if position + 1 < tokens.endIndex { position += 1 }
            }
        }
    }
}
