extension CEL.Lexer {
    private static let keywords: [String: CEL.Token.Kind] = ["in": .in, "true": .true, "false": .false, "null": .null]

    /// A name or keyword; a string or bytes when the letters are its prefix.
    func word(_ start: Int) -> Match {
        let end = end(from: start, while: CEL.Lexer.isWordPart)
        let text = String(String.UnicodeScalarView(scalars(start..<end)))
        var quoted: Match?
        switch text {
        case "r", "R": if isQuote(end) { quoted = string(quote: end, isRaw: true) }
        case "b", "B": if isQuote(end) { quoted = bytes(string(quote: end, isRaw: false)) }
        case "br", "bR", "Br", "BR": if isQuote(end) { quoted = bytes(string(quote: end, isRaw: true)) }
        default: break
        }
        // A string that does not end leaves its prefix a name.
        if let quoted, quoted.kind != nil { return quoted }
        return Match(kind: CEL.Lexer.keywords[text] ?? .identifier, end: end)
    }

    private func bytes(_ match: Match) -> Match { Match(kind: match.kind == nil ? nil : .bytes, end: match.end) }
    private func isQuote(_ position: Int) -> Bool { at(position) == "\"" || at(position) == "'" }
    private func scalars(_ range: Range<Int>) -> [UnicodeScalar] { range.compactMap(at) }

    // MARK: - Numbers

    func number(_ start: Int) -> Match {
        if at(start) == "0", at(start + 1) == "x" {
            let end = end(from: start + 2, while: CEL.Lexer.isHexDigit)
            if end > start + 2 { return integer(end) }
            return Match(kind: .int, end: start + 1)
        }
        let whole = end(from: start, while: CEL.Lexer.isDigit)
        if at(whole) == ".", let next = at(whole + 1), CEL.Lexer.isDigit(next) {
            return Match(kind: .double, end: exponent(end(from: whole + 1, while: CEL.Lexer.isDigit)))
        }
        let withExponent = exponent(whole)
        return withExponent > whole ? Match(kind: .double, end: withExponent) : integer(whole)
    }

    private func integer(_ end: Int) -> Match {
        at(end) == "u" || at(end) == "U" ? Match(kind: .uint, end: end + 1) : Match(kind: .int, end: end)
    }

    /// Where an exponent that begins here ends; the same place without one.
    func exponent(_ start: Int) -> Int {
        guard at(start) == "e" || at(start) == "E" else { return start }
        let digits = at(start + 1) == "+" || at(start + 1) == "-" ? start + 2 : start + 1
        let end = end(from: digits, while: CEL.Lexer.isDigit)
        return end > digits ? end : start
    }

    // MARK: - Strings

    /// A string whose first quote is here: in one quote on one line, or in three on several.
    func string(quote start: Int, isRaw: Bool) -> Match {
        guard let quote = at(start) else { return .none(start) }
        let short = short(start + 1, quote, isRaw)
        guard at(start + 1) == quote, at(start + 2) == quote else { return short }
        let long = long(start + 3, quote, isRaw)
        return long.kind != nil ? long : short.kind != nil ? short : .none(max(long.end, short.end))
    }

    private func short(_ start: Int, _ quote: UnicodeScalar, _ isRaw: Bool) -> Match {
        var position = start
        while let scalar = at(position), scalar != "\n", scalar != "\r" {
            if scalar == quote { return Match(kind: .string, end: position + 1) }
            if scalar == "\\", !isRaw {
                let escape = escape(position)
                guard escape.isWhole else { return .none(escape.end) }
                position = escape.end
            } else {
                position += 1
            }
        }
        return .none(position)
    }

    private func long(_ start: Int, _ quote: UnicodeScalar, _ isRaw: Bool) -> Match {
        var position = start
        while let scalar = at(position) {
            if scalar == quote, at(position + 1) == quote, at(position + 2) == quote {
                return Match(kind: .string, end: position + 3)
            }
            if scalar == "\\", !isRaw {
                let escape = escape(position)
                guard escape.isWhole else { return .none(escape.end) }
                position = escape.end
            } else {
                position += 1
            }
        }
        return .none(position)
    }

    /// Where an escape sequence ends, or where it went wrong.
    private func escape(_ start: Int) -> (isWhole: Bool, end: Int) {
        func digits(_ count: Int, from first: Int, _ accepts: (UnicodeScalar) -> Bool) -> (Bool, Int) {
            for position in first..<first + count {
                guard let scalar = at(position), accepts(scalar) else { return (false, position) }
            }
            return (true, first + count)
        }
        switch at(start + 1) {
        case "a", "b", "f", "n", "r", "t", "v", "\"", "'", "\\", "?", "`": return (true, start + 2)
        case "x", "X": return digits(2, from: start + 2, CEL.Lexer.isHexDigit)
        case "u": return digits(4, from: start + 2, CEL.Lexer.isHexDigit)
        case "U": return digits(8, from: start + 2, CEL.Lexer.isHexDigit)
        case "0", "1", "2", "3": return digits(2, from: start + 2) { "0"..."7" ~= $0 }
        default: return (false, start + 1)
        }
    }

    /// A name in backticks, as of a field with a dash.
    func quotedIdentifier(_ start: Int) -> Match {
        let end = end(from: start + 1) { CEL.Lexer.isWordPart($0) || $0 == "." || $0 == "-" || $0 == "/" || $0 == " " }
        return end > start + 1 && at(end) == "`" ? Match(kind: .quotedIdentifier, end: end + 1) : .none(end)
    }
}
