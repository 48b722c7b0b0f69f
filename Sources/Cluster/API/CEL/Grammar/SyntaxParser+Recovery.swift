extension CEL.SyntaxParser {
    /// Where the last error was, so that one mistake is told once and every recovery gets ahead.
    struct Recovery {
        /// From an error until a token fits again nothing more is told.
        var isOn = false
        var attempts = 0
        fileprivate var lastPosition = -1
        fileprivate var lastStates: Set<Int> = []

        mutating func end() {
            isOn = false
            lastPosition = -1
            lastStates = []
        }
    }

    // MARK: - Telling

    private mutating func tell(_ message: String, at token: CEL.Token) throws(GivenUp) {
        errors += 1
        guard errors <= CEL.SyntaxParser.mostErrors else {
            issues.add(at: token.range.lowerBound, "Syntax error: More than \(CEL.SyntaxParser.mostErrors) syntax errors")
            throw .tooManyErrors
        }
        issues.add(at: token.range.lowerBound, "Syntax error: \(message)")
    }

    mutating func report(_ error: Unexpected) throws(GivenUp) {
        if recovery.isOn { return }
        recovery.isOn = true
        switch error {
        case .token(let expected): try tell("mismatched input \(shown(token)) expecting \(expected.shown)", at: token)
        case .noAlternative(let first, let last):
            let text = first.kind == .end ? "<EOF>" : text(first, through: last)
            // A word with a meaning of its own where a name should be.
            let word = text.dropFirst().description
            if text.count > 1, ["true", "false", "null"].contains(word) {
                try tell("mismatched input '\(word)' expecting IDENTIFIER", at: last)
            } else {
                try tell("no viable alternative at input \(CEL.SyntaxParser.quoted(text))", at: last)
            }
        }
    }

    private func shown(_ token: CEL.Token) -> String {
        token.kind == .end ? "'<EOF>'" : CEL.SyntaxParser.quoted(source.text(token.range))
    }

    private static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "'"
    }

    /// The text of tokens with what is between them; the end is none.
    private func text(_ first: CEL.Token, through last: CEL.Token) -> String {
        tokens[first.index...last.index].filter { $0.kind != .end }.map { source.text($0.range) }.joined()
    }

    // MARK: - What is expected

    /// The tokens that may come at a state, by the rules that were called to get there.
    func expected(at state: Int) -> CEL.TokenSet {
        var result = network.next[state]
        for frame in frames.reversed() {
            guard result.mayBeNothing else { return result }
            guard frame.caller != nil else { break }
            result.mayBeNothing = false
            result.formUnion(network.next[frame.follow])
        }
        if result.mayBeNothing {
            result.mayBeNothing = false
            result.formUnion(CEL.TokenSet([.end]))
        }
        return result
    }

    /// The tokens with which some rule in progress could go on after the rule that failed.
    private var recoverySet: CEL.TokenSet {
        var result = CEL.TokenSet()
        for frame in frames where frame.caller != nil { result.formUnion(network.next[frame.follow]) }
        result.mayBeNothing = false
        return result
    }

    // MARK: - Recovering

    /// Before a decision: skips one wrong token if the next fits; at the end of a loop all until one that fits.
    mutating func synchronize() throws {
        if recovery.isOn { return }
        let next = network.next[state]
        if next.mayBeNothing || next.contains(token.kind) { return }
        switch network.states[state].kind {
        case .block, .loopEntry:
            if try deleteToken() { return }
            throw Unexpected.token(expected(at: state))
        case .loopBack, .plusLoopBack:
            try tellUnwanted()
            var wanted = expected(at: state)
            wanted.formUnion(recoverySet)
            while token.kind != .end, !wanted.contains(token.kind) { consume() }
        default: return
        }
    }

    private mutating func tellUnwanted() throws(GivenUp) {
        if recovery.isOn { return }
        recovery.isOn = true
        try tell("extraneous input \(shown(token)) expecting \(expected(at: state).shown)", at: token)
    }

    /// Skips this token when the next is what is expected here.
    private mutating func deleteToken() throws(GivenUp) -> Bool {
        guard expected(at: state).contains(tokenAfter.kind) else { return false }
        try tellUnwanted()
        consume()
        recovery.end()
        return true
    }

    /// Where one token is wanted and another stands: without this one, or as if it were there.
    mutating func recoverInline(_ kinds: CEL.TokenSet) throws -> CEL.SyntaxTree.Child {
        try countAttempt()
        if try deleteToken() {
            let found = token
            consume()
            return .token(found)
        }
        let after = network.states[state].transitions[0].target
        if expected(at: after).contains(token.kind) {
            if !recovery.isOn {
                recovery.isOn = true
                try tell("missing \(expected(at: state).shown) at \(shown(token))", at: token)
            }
            let kind = CEL.Token.Kind.allCases.first { expected(at: state).contains($0) } ?? .end
            return .missing(kind, at: token.range.lowerBound)
        }
        throw Unexpected.token(expected(at: state))
    }

    /// After a rule has failed: skips to a token with which some rule in progress can go on.
    mutating func recover() throws(GivenUp) {
        try countAttempt()
        var skipped = 0
        func mayConsume() throws(GivenUp) {
            if skipped >= CEL.SyntaxParser.mostSkipped { throw .tooFarToRecover }
            skipped += 1
        }
        if recovery.lastPosition == position, recovery.lastStates.contains(state) {
            try mayConsume()
            consume()
        }
        recovery.lastPosition = position
        recovery.lastStates.insert(state)
        let wanted = recoverySet
        while token.kind != .end, !wanted.contains(token.kind) {
            try mayConsume()
            consume()
        }
    }

    private mutating func countAttempt() throws(GivenUp) {
        recovery.attempts += 1
        guard recovery.attempts > CEL.SyntaxParser.mostRecoveries else { return }
        try tell("error recovery attempt limit exceeded: \(CEL.SyntaxParser.mostRecoveries)", at: token)
        throw .tooManyRecoveries
    }
}
