extension CEL {
    /// A piece of an expression's text.
    struct Token: Sendable {
        /// What a token can be, in the order in which lists of expected tokens name them.
        enum Kind: UInt8, Sendable, CaseIterable {
            case end
            case equals, notEquals, `in`, less, lessEquals, greaterEquals, greater, and, or
            case openBracket, closeBracket, openBrace, closeBrace, openParenthesis, closeParenthesis
            case dot, comma, minus, exclamation, question, colon, plus, star, slash, percent
            case `true`, `false`, null
            /// Spaces and comments.
            case hidden
            case double, int, uint, string, bytes, identifier, quotedIdentifier

            /// How messages name it.
            var shown: String {
                switch self {
                case .end: "<EOF>"
                case .equals: "'=='"
                case .notEquals: "'!='"
                case .in: "'in'"
                case .less: "'<'"
                case .lessEquals: "'<='"
                case .greaterEquals: "'>='"
                case .greater: "'>'"
                case .and: "'&&'"
                case .or: "'||'"
                case .openBracket: "'['"
                case .closeBracket: "']'"
                case .openBrace: "'{'"
                case .closeBrace: "'}'"
                case .openParenthesis: "'('"
                case .closeParenthesis: "')'"
                case .dot: "'.'"
                case .comma: "','"
                case .minus: "'-'"
                case .exclamation: "'!'"
                case .question: "'?'"
                case .colon: "':'"
                case .plus: "'+'"
                case .star: "'*'"
                case .slash: "'/'"
                case .percent: "'%'"
                case .true: "'true'"
                case .false: "'false'"
                case .null: "'null'"
                case .hidden: "WHITESPACE"
                case .double: "NUM_FLOAT"
                case .int: "NUM_INT"
                case .uint: "NUM_UINT"
                case .string: "STRING"
                case .bytes: "BYTES"
                case .identifier: "IDENTIFIER"
                case .quotedIdentifier: "ESC_IDENTIFIER"
                }
            }
        }

        let kind: Kind
        /// Code points of the source.
        let range: Range<Int>
        /// Which of all the tokens it is, hidden ones counted.
        let index: Int
    }

    /// A set of kinds of tokens, and whether nothing at all would do as well.
    struct TokenSet: Sendable, Hashable {
        private var bits: UInt64 = 0
        private static let emptiness: UInt64 = 1 << 63

        init() {}
        init(_ kinds: [Token.Kind]) { for kind in kinds { bits |= 1 << UInt64(kind.rawValue) } }

        /// The way may also end here.
        var mayBeNothing: Bool {
            get { bits & TokenSet.emptiness != 0 }
            set { if newValue { bits |= TokenSet.emptiness } else { bits &= ~TokenSet.emptiness } }
        }

        func contains(_ kind: Token.Kind) -> Bool { bits & 1 << UInt64(kind.rawValue) != 0 }
        func isDisjoint(with other: TokenSet) -> Bool { bits & other.bits == 0 }
        mutating func formUnion(_ other: TokenSet) { bits |= other.bits }

        /// `'x'`, or `{'x', 'y'}` for several.
        var shown: String {
            let kinds = Token.Kind.allCases.filter(contains)
            let names = kinds.map(\.shown).joined(separator: ", ")
            return kinds.count == 1 ? names : "{\(names)}"
        }
    }
}
