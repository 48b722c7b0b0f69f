extension CEL {
    /// Walks the grammar along the tokens of an expression and makes a tree of them, also of a wrong expression as far as it goes.
    ///
    /// It keeps its own stack, so that no nesting is too deep for the thread; rules within one another are limited.
    struct SyntaxParser {
        struct Frame {
            let rule: Rule
            /// The state that called the rule; nil for the first.
            let caller: Int?
            /// Where the caller goes on.
            let follow: Int
            let minimum: Int
            /// The least strength of an operator that is taken.
            var tree: SyntaxTree
            /// The alternative of the operators in the loop, until their own tree begins.
            var alternative = 1
        }

        /// Why parsing was given up.
        enum GivenUp: Error {
            case tooDeep, tooManyErrors, tooManyRecoveries, tooFarToRecover
        }

        /// What no rule expects here.
        enum Unexpected: Error {
            case token(TokenSet)
            case noAlternative(from: Token, to: Token)
        }

        static let deepestNesting = 250
        static let mostErrors = 100
        static let mostRecoveries = 30
        static let mostSkipped = 256

        let source: Source
        /// With hidden ones; ``shown`` are the others.
        let tokens: [Token]
        let shown: [Token]
        let network = GrammarNetwork.shared
        var position = 0
        var state = 0
        var frames: [Frame] = []
        var issues: Issues
        var errors = 0
        var recovery = Recovery()
        private var depths = [Int](repeating: 0, count: Rule.allCases.count)

        /// The tree of an expression's text, and what is wrong with it. No tree when it was given up.
        static func parse(_ source: Source, _ issues: inout Issues) -> SyntaxTree? {
            let tokens = Lexer.tokens(of: source, &issues)
            var parser = SyntaxParser(source: source, tokens: tokens, issues: issues)
            defer { issues = parser.issues }
            do {
                return try parser.run()
            } catch .tooDeep {
                parser.issues.add(.none, "expression recursion limit exceeded: \(deepestNesting)")
            } catch .tooFarToRecover {
                parser.issues.add(.none, "error recovery token lookahead limit exceeded: \(mostSkipped)")
            } catch {
                // Told where it happened.
            }
            return nil
        }

        private init(source: Source, tokens: [Token], issues: Issues) {
            self.source = source
            self.tokens = tokens
            shown = tokens.filter { $0.kind != .hidden }
            self.issues = issues
            errors = issues.count
        }

        var token: Token { shown[position] }
        /// The token after this one; at the end the end.
        var tokenAfter: Token { shown[min(position + 1, shown.count - 1)] }

        private mutating func run() throws(GivenUp) -> SyntaxTree {
            if errors > SyntaxParser.mostErrors { throw .tooManyErrors }
            let root = SyntaxTree(.start, start: token.range.lowerBound)
            try enter(Frame(rule: .start, caller: nil, follow: 0, minimum: 0, tree: root))
            while let frame = frames.last {
                if network.states[state].kind == .ruleStop {
                    leave(frame)
                    continue
                }
                do { try advance(frame) } catch let error as GivenUp { throw error } catch let error as Unexpected {
                    try report(error)
                    try recover()
                    if let frame = frames.last { leave(frame) }
                } catch {}
            }
            return root
        }

        private mutating func enter(_ frame: Frame) throws(GivenUp) {
            depths[frame.rule.rawValue] += 1
            if depths[frame.rule.rawValue] > SyntaxParser.deepestNesting { throw .tooDeep }
            frames.append(frame)
            state = network.start(of: frame.rule)
        }

        private mutating func leave(_ frame: Frame) {
            depths[frame.rule.rawValue] -= 1
            frames.removeLast()
            guard !frames.isEmpty else { return }
            frames[frames.count - 1].tree.children.append(.tree(frame.tree))
            state = frame.follow
        }

        // MARK: - Steps

        private mutating func advance(_ frame: Frame) throws {
            let place = network.states[state]
            switch place.kind {
            case .block: try synchronize()
            case .loopEntry: try synchronize()
            case .loopBack:
                // The loop's end is where a wrong token is told of; the loop then decides anew.
                try synchronize()
                let back = state
                state = place.transitions[0].target
                return try decide(at: state, from: back)
            case .plusLoopBack: try synchronize()
            default: break
            }
            if place.isDecision { return try decide(at: state, from: state) }
            try take(place.transitions[0])
        }

        /// Chooses an alternative and goes its way.
        /// - Parameter shownState: the state that errors are told from.
        private mutating func decide(at decision: Int, from shownState: Int) throws {
            let place = network.states[decision]
            state = shownState
            let chosen = try choose(decision)
            state = decision
            if place.kind == .block {
                let isWhole = network.states[network.start(of: place.rule)].transitions[0].target == decision
                if isWhole {
                    frames[frames.count - 1].tree.alternative = chosen
                } else {
                    frames[frames.count - 1].alternative = chosen
                }
            }
            try take(place.transitions[chosen - 1])
        }

        private mutating func choose(_ decision: Int) throws -> Int {
            let place = network.states[decision]
            if let simple = network.simple[decision] {
                if let found = simple.firstIndex(where: { $0.contains(token.kind) }) { return found + 1 }
                // A part that may be left out is.
                let isChoice = place.kind == .block && !(place.transitions.last.map { isEnd($0.target) } ?? false)
                if isChoice { throw Unexpected.noAlternative(from: token, to: token) }
                return place.transitions.count
            }
            guard let frame = frames.last else { return 1 }
            let callers = frames.reversed().filter { $0.caller != nil }.map(\.follow)
            let rest = shown[position...]
            let wanted = Predictor.Decision(
                state: decision, minimum: GrammarNetwork.hasStrengths(frame.rule) ? frame.minimum : 0)
            do {
                return try Predictor.shared.withLock { predictor in
                    Result { () throws(Predictor.NoAlternative) in try predictor.choose(wanted, rest, callers: callers) }
                }.get()
            } catch {
                throw Unexpected.noAlternative(from: token, to: shown[error.at])
            }
        }

        /// Whether a state is the end of an optional part, to which leaving it out leads.
        private func isEnd(_ state: Int) -> Bool { network.states[state].kind == .blockEnd }

        private mutating func take(_ transition: GrammarNetwork.Transition) throws {
            let last = frames.count - 1
            switch transition.step {
            case .free: state = transition.target
            case .strength:
                // What was read so far is the operand of the operator that follows.
                let operand = frames[last].tree
                let tree = SyntaxTree(operand.rule, start: operand.start)
                tree.alternative = frames[last].alternative
                tree.hasOperand = true
                tree.children.append(.tree(operand))
                frames[last].tree = tree
                state = transition.target
            case .token(let kinds):
                frames[last].tree.children.append(try match(kinds))
                state = transition.target
            case .rule(let rule, let minimum, let follow):
                let tree = SyntaxTree(rule, start: token.range.lowerBound)
                try enter(Frame(rule: rule, caller: state, follow: follow, minimum: minimum, tree: tree))
            }
        }

        private mutating func match(_ kinds: TokenSet) throws -> SyntaxTree.Child {
            guard kinds.contains(token.kind) else { return try recoverInline(kinds) }
            recovery.end()
            let found = token
            consume()
            return .token(found)
        }

        mutating func consume() { if position < shown.count - 1 { position += 1 } }
    }
}
