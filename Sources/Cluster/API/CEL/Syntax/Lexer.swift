extension CEL {
    /// Splits an expression into tokens, the longest possible first.
    ///
    /// What starts no token is reported with the character that made it impossible, and skipped.
    struct Lexer {
        private let source: Source
        private let scalars: [UnicodeScalar]
        private(set) var tokens: [Token] = []

        /// All tokens with the spaces between them, the end last.
        static func tokens(of source: Source, _ issues: inout Issues) -> [Token] {
            var lexer = Lexer(source: source, scalars: source.scalars)
            lexer.run(&issues)
            return lexer.tokens
        }

        private init(source: Source, scalars: [UnicodeScalar]) {
            self.source = source
            self.scalars = scalars
        }

        private mutating func run(_ issues: inout Issues) {
            var position = 0
            while position < scalars.count {
                let match = match(at: position)
                if let kind = match.kind {
                    add(kind, position..<match.end)
                    position = match.end
                } else {
                    if issues.count == SyntaxParser.mostErrors {
                        issues.add(at: position, "Syntax error: More than \(SyntaxParser.mostErrors) syntax errors")
                        break
                    }
                    let end = min(match.end + 1, scalars.count)
                    issues.add(
                        at: position, "Syntax error: token recognition error at: '\(source.text(position..<end))'")
                    position = end
                }
            }
            add(.end, position..<position)
        }

        private mutating func add(_ kind: Token.Kind, _ range: Range<Int>) {
            tokens.append(Token(kind: kind, range: range, index: tokens.count))
        }

        /// A token and where it ends; without one, the place of the character that fits none.
        struct Match {
            var kind: Token.Kind?
            var end: Int

            static func none(_ end: Int) -> Match { Match(kind: nil, end: end) }
        }

        func at(_ position: Int) -> UnicodeScalar? { position < scalars.count ? scalars[position] : nil }

        private func match(at start: Int) -> Match {
            guard let first = at(start) else { return .none(start) }
            switch first {
            case "\t", " ", "\r", "\n", "\u{0C}": return Match(kind: .hidden, end: end(from: start, while: Lexer.isSpace))
            case "0"..."9": return number(start)
            case ".":
                guard let next = at(start + 1), Lexer.isDigit(next) else { return Match(kind: .dot, end: start + 1) }
                return Match(kind: .double, end: exponent(end(from: start + 1, while: Lexer.isDigit)))
            case "\"", "'": return string(quote: start, isRaw: false)
            case "`": return quotedIdentifier(start)
            case "a"..."z", "A"..."Z", "_": return word(start)
            case "/":
                guard at(start + 1) == "/" else { return Match(kind: .slash, end: start + 1) }
                return Match(kind: .hidden, end: end(from: start) { $0 != "\n" })
            case "=": return pair(start, "=", .equals, alone: nil)
            case "!": return pair(start, "=", .notEquals, alone: .exclamation)
            case "<": return pair(start, "=", .lessEquals, alone: .less)
            case ">": return pair(start, "=", .greaterEquals, alone: .greater)
            case "&": return pair(start, "&", .and, alone: nil)
            case "|": return pair(start, "|", .or, alone: nil)
            default:
                guard let kind = Lexer.marks[first] else { return .none(start) }
                return Match(kind: kind, end: start + 1)
            }
        }

        private static let marks: [UnicodeScalar: Token.Kind] = [
            "[": .openBracket, "]": .closeBracket, "{": .openBrace, "}": .closeBrace, "(": .openParenthesis, ")": .closeParenthesis,
            ",": .comma, "-": .minus, "?": .question, ":": .colon, "+": .plus, "*": .star, "%": .percent,
        ]

        private func pair(_ start: Int, _ second: UnicodeScalar, _ kind: Token.Kind, alone: Token.Kind?) -> Match {
            if at(start + 1) == second { return Match(kind: kind, end: start + 2) }
            return Match(kind: alone, end: start + 1)
        }

        func end(from start: Int, while accepts: (UnicodeScalar) -> Bool) -> Int {
            var position = start
            while let scalar = at(position), accepts(scalar) { position += 1 }
            return position
        }

        static func isSpace(_ scalar: UnicodeScalar) -> Bool {
            scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{0C}"
        }
        static func isDigit(_ scalar: UnicodeScalar) -> Bool { "0"..."9" ~= scalar }
        static func isLetter(_ scalar: UnicodeScalar) -> Bool { "a"..."z" ~= scalar || "A"..."Z" ~= scalar }
        static func isWordPart(_ scalar: UnicodeScalar) -> Bool { isLetter(scalar) || isDigit(scalar) || scalar == "_" }
        static func isHexDigit(_ scalar: UnicodeScalar) -> Bool {
            isDigit(scalar) || "a"..."f" ~= scalar || "A"..."F" ~= scalar
        }
    }
}
