extension CEL {
    /// A rule as it was found in the text: the alternative taken, with what it is made of. After an error it may lack parts.
    final class SyntaxTree {
        enum Child {
            case token(Token)
            /// A token that is not there, where it should be.
            case missing(Token.Kind, at: Int)
            case tree(SyntaxTree)
        }

        let rule: Rule
        /// Where it begins: code points of the source.
        let start: Int
        /// Which alternative of the rule, from 1, or of the operators in a loop; 0 before one was taken.
        var alternative = 0
        /// Made by an operator that follows an operand, which is its first child.
        var hasOperand = false
        var children: [Child] = []

        init(_ rule: Rule, start: Int) {
            self.rule = rule
            self.start = start
        }

        /// The parts that are rules of a kind, in order.
        func trees(_ rule: Rule) -> [SyntaxTree] {
            children.compactMap { if case .tree(let tree) = $0, tree.rule == rule { tree } else { nil } }
        }

        func tree(_ rule: Rule) -> SyntaxTree? {
            for case .tree(let tree) in children where tree.rule == rule { return tree }
            return nil
        }

        /// Where the tokens of a kind are, in order.
        func positions(of kind: Token.Kind) -> [Int] {
            children.compactMap { child in
                switch child {
                case .token(let token): token.kind == kind ? token.range.lowerBound : nil
                case .missing(let missing, let position): missing == kind ? position : nil
                case .tree: nil
                }
            }
        }

        func position(of kind: Token.Kind) -> Int? { positions(of: kind).first }

        /// The first token itself, if it is there.
        func token(_ kind: Token.Kind) -> Token? {
            for case .token(let token) in children where token.kind == kind { return token }
            return nil
        }
    }
}
