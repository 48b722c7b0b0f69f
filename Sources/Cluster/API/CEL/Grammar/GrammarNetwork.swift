extension CEL {
    /// The grammar as a network of states: what may come next at each place, rules calling one another.
    ///
    /// Source: ANTLR 4's augmented transition networks (Parr, Harwell, Fisher: "Adaptive LL(*) Parsing").
    struct GrammarNetwork: Sendable {
        enum Kind: Sendable { case basic, ruleStart, ruleStop, block, blockEnd, loopEntry, loopBack, plusLoopBack }

        enum Step: Sendable {
            case free
            case token(TokenSet)
            /// Calls a rule, which is to take operators of this strength and above, and then goes on at a state.
            case rule(Rule, minimum: Int, follow: Int)
            case strength(Int)
        }

        struct Transition: Sendable {
            var step: Step
            var target: Int
            /// From the end of a rule with operators to where it was called as a whole.
            var leavesOperators = false
        }

        struct State: Sendable {
            var kind: Kind
            var rule: Rule
            var transitions: [Transition] = []

            var isDecision: Bool { transitions.count > 1 && kind != .ruleStop }
            /// Nothing is read in leaving it.
            var isFree: Bool {
                transitions.allSatisfy { if case .token = $0.step { false } else { true } }
            }
        }

        private(set) var states: [State] = []
        private var starts: [Int] = []
        private var stops: [Int] = []
        /// What may come next at each state until its rule ends.
        private(set) var next: [TokenSet] = []
        /// For decisions that the next token settles: the tokens of each alternative.
        private(set) var simple: [[TokenSet]?] = []

        static let shared = GrammarNetwork()

        func start(of rule: Rule) -> Int { starts[rule.rawValue] }

        /// Whether a rule is a loop over operators of several strengths.
        static func hasStrengths(_ rule: Rule) -> Bool { rule == .relation || rule == .sum || rule == .member }

        private init() {
            for rule in Rule.allCases {
                starts.append(add(.ruleStart, rule))
                stops.append(add(.ruleStop, rule))
            }
            for rule in Rule.allCases {
                let body = build(Grammar.body(of: rule), rule)
                join(starts[rule.rawValue], body.first)
                join(body.last, stops[rule.rawValue])
            }
            shortenTails()
            addReturns()
            next = states.indices.map { lookahead(at: $0) }
            simple = states.indices.map { tokensByAlternative(of: $0) }
        }

        // MARK: - Building

        private mutating func add(_ kind: Kind, _ rule: Rule) -> Int {
            states.append(State(kind: kind, rule: rule))
            return states.count - 1
        }

        private mutating func join(_ from: Int, _ to: Int, _ step: Step = .free) {
            states[from].transitions.append(Transition(step: step, target: to))
        }

        private mutating func build(_ part: Part, _ rule: Rule) -> (first: Int, last: Int) {
            switch part {
            case .token(let kind): return edge(.token(TokenSet([kind])), rule)
            case .oneOf(let kinds): return edge(.token(TokenSet(kinds)), rule)
            case .strength(let strength): return edge(.strength(strength), rule)
            case .rule(let called, let minimum):
                let (first, last) = (add(.basic, rule), add(.basic, rule))
                join(first, starts[called.rawValue], .rule(called, minimum: minimum, follow: last))
                return (first, last)
            case .sequence(let parts):
                let built = parts.map { build($0, rule) }
                for (one, next) in zip(built, built.dropFirst()) { join(one.last, next.first) }
                guard let first = built.first, let last = built.last else { return edge(.free, rule) }
                return (first.first, last.last)
            case .choice(let alternatives): return block(alternatives, rule)
            case .optional(let part):
                let made = block([part], rule)
                join(made.first, made.last)
                return made
            case .many(let part):
                let (entry, body, back, last) = (
                    add(.loopEntry, rule), block(alternatives(of: part), rule), add(.loopBack, rule), add(.basic, rule)
                )
                join(entry, body.first)
                join(entry, last)
                join(body.last, back)
                join(back, entry)
                return (entry, last)
            case .oneOrMore(let part):
                let (body, back, last) = (block(alternatives(of: part), rule), add(.plusLoopBack, rule), add(.basic, rule))
                join(body.last, back)
                join(back, body.first)
                join(back, last)
                return (body.first, last)
            }
        }

        private func alternatives(of part: Part) -> [Part] { if case .choice(let several) = part { several } else { [part] } }

        private mutating func edge(_ step: Step, _ rule: Rule) -> (first: Int, last: Int) {
            let (first, last) = (add(.basic, rule), add(.basic, rule))
            join(first, last, step)
            return (first, last)
        }

        private mutating func block(_ alternatives: [Part], _ rule: Rule) -> (first: Int, last: Int) {
            let (first, last) = (add(.block, rule), add(.blockEnd, rule))
            for alternative in alternatives {
                let built = build(alternative, rule)
                join(first, built.first)
                join(built.last, last)
            }
            return (first, last)
        }

        /// The last part of an alternative leads to where all alternatives meet, so that it does not matter which of them called a rule.
        private mutating func shortenTails() {
            func meeting(_ state: Int) -> Int {
                guard states[state].kind == .basic, states[state].transitions.count == 1, let only = states[state].transitions.first,
                    case .free = only.step
                else { return state }
                switch states[only.target].kind {
                case .blockEnd, .loopBack, .plusLoopBack: return only.target
                default: return state
                }
            }
            for state in states.indices {
                for place in states[state].transitions.indices {
                    switch states[state].transitions[place].step {
                    case .rule(let rule, let minimum, let follow):
                        states[state].transitions[place].step = .rule(rule, minimum: minimum, follow: meeting(follow))
                    case .token, .strength: states[state].transitions[place].target = meeting(states[state].transitions[place].target)
                    case .free: break
                    }
                }
            }
        }

        /// From the end of each rule to everywhere that called it.
        private mutating func addReturns() {
            for state in states.indices {
                for transition in states[state].transitions {
                    guard case .rule(let rule, let minimum, let follow) = transition.step else { continue }
                    let leaves = GrammarNetwork.hasStrengths(rule) && minimum == 0
                    states[stops[rule.rawValue]].transitions.append(
                        Transition(step: .free, target: follow, leavesOperators: leaves))
                }
            }
        }

        // MARK: - Looking ahead

        /// The tokens that may come next from a state on; whether its rule may end first.
        private func lookahead(at state: Int) -> TokenSet {
            var found = TokenSet()
            var seen: Set<[Int]> = []
            func look(_ state: Int, _ returns: [Int]) {
                guard seen.insert([state] + returns).inserted else { return }
                if states[state].kind == .ruleStop {
                    guard let last = returns.last else { return found.mayBeNothing = true }
                    return look(last, returns.dropLast())
                }
                for transition in states[state].transitions {
                    switch transition.step {
                    case .token(let kinds): found.formUnion(kinds)
                    case .rule(_, _, let follow): look(transition.target, returns + [follow])
                    case .free, .strength: look(transition.target, returns)
                    }
                }
            }
            look(state, [])
            return found
        }

        /// The tokens of each alternative of a decision, if they are enough to choose: no two share one, and no strength is asked.
        private func tokensByAlternative(of state: Int) -> [TokenSet]? {
            guard states[state].isDecision else { return nil }
            var result: [TokenSet] = []
            for transition in states[state].transitions {
                guard let tokens = tokensWithFollowing(transition.target) else { return nil }
                guard result.allSatisfy({ $0.isDisjoint(with: tokens) }) else { return nil }
                result.append(tokens)
            }
            return result
        }

        /// The tokens that may come next, after the end of the rule as after any call of it; nil when a strength decides.
        private func tokensWithFollowing(_ state: Int) -> TokenSet? {
            var found = TokenSet()
            var seen: Set<[Int]> = []
            var asksStrength = false
            func look(_ state: Int, _ returns: [Int]) {
                guard seen.insert([state] + returns).inserted else { return }
                if states[state].kind == .ruleStop, let last = returns.last { return look(last, returns.dropLast()) }
                for transition in states[state].transitions {
                    switch transition.step {
                    case .token(let kinds): found.formUnion(kinds)
                    case .rule(_, _, let follow): look(transition.target, returns + [follow])
                    case .free: look(transition.target, returns)
                    case .strength: asksStrength = true
                    }
                }
            }
            look(state, [])
            return asksStrength ? nil : found
        }
    }
}
