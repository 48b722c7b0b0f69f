extension CEL {
    /// The grammar of expressions, as data.
    ///
    /// Messages about wrong expressions follow from how cel-go's parser, made by ANTLR 4 from such a grammar, predicts and recovers. So
    /// the same is done here: the grammar becomes a ``GrammarNetwork``, ``Predictor`` chooses between alternatives in it, and
    /// ``SyntaxParser`` walks it. Source: the grammar in the language definition, with cel-go's optional values and quoted names.
    enum Rule: Int, CaseIterable, Sendable {
        case start, expression, or, and, relation, sum, unary, member, primary, arguments, elements, fields, field, entries
        case name, element, literal
    }

    /// A part of a rule.
    indirect enum Part: Sendable {
        case token(Token.Kind)
        case oneOf([Token.Kind])
        case rule(Rule, minimum: Int = 0)
        case sequence([Part])
        /// Alternatives; the first that fits.
        case choice([Part])
        case optional(Part)
        case many(Part)
        case oneOrMore(Part)
        /// Goes on only where operators of this strength are taken.
        case strength(Int)
    }

    enum Grammar {
        /// What a rule is made of. Rules for operators and members begin with their operand and continue while operators of sufficient
        /// strength follow (a left-recursive rule, turned into a loop).
        static func body(of rule: Rule) -> Part {
            switch rule {
            case .start: .sequence([.rule(.expression), .token(.end)])
            case .expression:
                .sequence([
                    .rule(.or), .optional(.sequence([.token(.question), .rule(.or), .token(.colon), .rule(.expression)])),
                ])
            case .or: .sequence([.rule(.and), .many(.sequence([.token(.or), .rule(.and)]))])
            case .and: .sequence([.rule(.relation), .many(.sequence([.token(.and), .rule(.relation)]))])
            case .relation:
                .sequence([.rule(.sum), .many(.sequence([.strength(1), .oneOf(comparisons), .rule(.relation, minimum: 2)]))])
            case .sum:
                .sequence([
                    .rule(.unary),
                    .many(
                        .choice([
                            .sequence([.strength(2), .oneOf([.star, .slash, .percent]), .rule(.sum, minimum: 3)]),
                            .sequence([.strength(1), .oneOf([.plus, .minus]), .rule(.sum, minimum: 2)]),
                        ])),
                ])
            case .unary:
                .choice([
                    .rule(.member),
                    .sequence([.oneOrMore(.token(.exclamation)), .rule(.member)]),
                    .sequence([.oneOrMore(.token(.minus)), .rule(.member)]),
                ])
            case .member:
                .sequence([
                    .rule(.primary),
                    .many(
                        .choice([
                            .sequence([.strength(3), .token(.dot), .optional(.token(.question)), .rule(.name)]),
                            .sequence([.strength(2), .token(.dot), .token(.identifier), call]),
                            .sequence([
                                .strength(1), .token(.openBracket), .optional(.token(.question)), .rule(.expression), .token(.closeBracket),
                            ]),
                        ])),
                ])
            case .primary:
                .choice([
                    .sequence([.optional(.token(.dot)), .token(.identifier)]),
                    .sequence([.optional(.token(.dot)), .token(.identifier), call]),
                    .sequence([.token(.openParenthesis), .rule(.expression), .token(.closeParenthesis)]),
                    .sequence([.token(.openBracket), .optional(.rule(.elements)), .optional(.token(.comma)), .token(.closeBracket)]),
                    .sequence([.token(.openBrace), .optional(.rule(.entries)), .optional(.token(.comma)), .token(.closeBrace)]),
                    .sequence([
                        .optional(.token(.dot)), .token(.identifier), .many(.sequence([.token(.dot), .token(.identifier)])),
                        .token(.openBrace), .optional(.rule(.fields)), .optional(.token(.comma)), .token(.closeBrace),
                    ]),
                    .rule(.literal),
                ])
            case .arguments: list(of: .rule(.expression))
            case .elements: list(of: .rule(.element))
            case .fields: list(of: .sequence([.rule(.field), .token(.colon), .rule(.expression)]))
            case .field: .sequence([.optional(.token(.question)), .rule(.name)])
            case .entries: list(of: .sequence([.rule(.element), .token(.colon), .rule(.expression)]))
            case .name: .choice([.token(.identifier), .token(.quotedIdentifier)])
            case .element: .sequence([.optional(.token(.question)), .rule(.expression)])
            case .literal:
                .choice([
                    .sequence([.optional(.token(.minus)), .token(.int)]), .token(.uint),
                    .sequence([.optional(.token(.minus)), .token(.double)]), .token(.string), .token(.bytes), .token(.true),
                    .token(.false), .token(.null),
                ])
            }
        }

        private static let comparisons: [Token.Kind] = [.less, .lessEquals, .greaterEquals, .greater, .equals, .notEquals, .in]
        private static let call = Part.sequence([
            .token(.openParenthesis), .optional(.rule(.arguments)), .token(.closeParenthesis),
        ])
        private static func list(of part: Part) -> Part { .sequence([part, .many(.sequence([.token(.comma), part]))]) }
    }
}
