import ClusterObjects

/// Reads a `labelSelector=` query, e.g. `app=web,tier in (a,b),!legacy,size>3`. Source: k8s.io/apimachinery/pkg/labels.
public struct LabelSelectorParser {
    private enum Token: Equatable { case word(String), symbol(String), end }

    private var tokens: [Token] = []
    private var position = 0

    /// - Throws: 400 with Kubernetes' message when `query` is no selector.
    public static func parse(_ query: String) throws(APIError) -> LabelSelector {
        var parser = LabelSelectorParser(query)
        return LabelSelector(try parser.requirements())
    }

    private init(_ query: String) {
        var word = ""
        var rest = Array(query)[...]
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\n" || character == "\r" }
        while let character = rest.popFirst() {
            if isSpace(character) || "()!,=<>".contains(character) {
                if !word.isEmpty { tokens.append(.word(word)) }
                word = ""
                if isSpace(character) { continue }
                var symbol = String(character)
                if character == "!" || character == "=", rest.first == "=" {
                    rest.removeFirst()
                    symbol += "="
                }
                tokens.append(.symbol(symbol))
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { tokens.append(.word(word)) }
    }

    private var next: Token { position < tokens.count ? tokens[position] : .end }

    private mutating func take() -> Token {
        defer { position += 1 }
        return next
    }

    private static func text(_ token: Token) -> String {
        switch token {
        case .word(let text), .symbol(let text): text
        case .end: ""
        }
    }

    private static func failure(_ message: String) -> APIError { .badRequest(message) }
    private static func unparsed(_ message: String) -> APIError { failure("unable to parse requirement: \(message)") }

    private mutating func requirements() throws(APIError) -> [LabelSelector.Requirement] {
        var result: [LabelSelector.Requirement] = []
        while true {
            switch next {
            case .word, .symbol("!"):
                result.append(try requirement())
                switch take() {
                case .end: return result.sorted { Fields.precedes($0.key, $1.key) }
                case .symbol(","):
                    switch next {
                    case .word, .symbol("!"): continue
                    default: throw Self.failure("found '\(Self.text(next))', expected: identifier after ','")
                    }
                case let other: throw Self.failure("found '\(Self.text(other))', expected: ',' or 'end of string'")
                }
            case .end: return result
            case .symbol(let symbol): throw Self.failure("found '\(symbol)', expected: !, identifier, or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(APIError) -> LabelSelector.Requirement {
        let negated = next == .symbol("!")
        if negated { position += 1 }
        let token = take()
        guard case .word(let key) = token else { throw Self.unparsed("found '\(Self.text(token))', expected: identifier") }
        if let problem = NameFormats.qualifiedName(key).first {
            throw Self.unparsed("<nil>: Invalid value: \(Value.string(key).jsonText): \(problem)")
        }
        if negated { return .init(key, .doesNotExist) }
        if next == .end || next == .symbol(",") { return .init(key, .exists) }
        let operation = take()
        switch operation {
        case .symbol("="), .symbol("=="): return .init(key, .equals(try value()))
        case .symbol("!="): return .init(key, .notEquals(try value()))
        case .symbol(">"), .word("gt"): return .init(key, .greaterThan(try bound()))
        case .symbol("<"), .word("lt"): return .init(key, .lessThan(try bound()))
        case .word("in"): return .init(key, .isIn(try set(key)))
        case .word("notin"): return .init(key, .notIn(try set(key)))
        default: throw Self.unparsed("found '\(Self.text(operation))', expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    /// The value after `=`; nothing means the empty one.
    private mutating func value() throws(APIError) -> String {
        if next == .end || next == .symbol(",") { return "" }
        let token = take()
        guard case .word(let text) = token else { throw Self.unparsed("found '\(Self.text(token))', expected: identifier") }
        return try checked(text, 0)
    }

    private mutating func bound() throws(APIError) -> Int {
        let text = try value()
        guard let number = Int(text) else {
            throw Self.unparsed(
                "values[0]: Invalid value: \(Value.string(text).jsonText): for 'Gt', 'Lt' operators, the value must be an integer")
        }
        return number
    }

    private mutating func set(_ key: String) throws(APIError) -> [String] {
        let open = take()
        guard open == .symbol("(") else { throw Self.unparsed("found '\(Self.text(open))' expected: '('") }
        var values: [String] = []
        var current: String?
        while true {
            switch take() {
            case .word(let text) where current == nil: current = try checked(text, values.count)
            case .symbol(","):
                values.append(current ?? "")
                current = nil
            case .symbol(")"):
                values.append(current ?? "")
                return values
            case let other: throw Self.unparsed("found '\(Self.text(other))', expected: ',' or ')'")
            }
        }
    }

    private func checked(_ text: String, _ index: Int) throws(APIError) -> String {
        if let problem = NameFormats.labelValue(text).first {
            throw Self.unparsed("values[\(index)]: Invalid value: \(Value.string(text).jsonText): \(problem)")
        }
        return text
    }
}
