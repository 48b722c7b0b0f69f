import ClusterObjects

/// How a text can be written in YAML: the analysis of libyaml's emitter, on top of go-yaml's wish (plain where it reads back as text,
/// literal where it has line breaks, else quoted).
struct YAMLStyle {
    enum Preferred { case plain, singleQuoted, doubleQuoted, literal }

    private(set) var isMultiline = false
    private(set) var allowsPlain = true
    private(set) var allowsSingleQuoted = true
    private(set) var allowsBlock = true
    let preferred: Preferred

    init(of text: String) {
        let scalars = Array(text.unicodeScalars)
        var indicators = text.hasPrefix("---") || text.hasPrefix("...")
        var special = false
        var (leadingSpace, leadingBreak, trailingSpace, trailingBreak) = (false, false, false, false)
        var (breakSpace, spaceBreak) = (false, false)
        var (previousSpace, previousBreak) = (false, false)
        for (index, scalar) in scalars.enumerated() {
            let followedBySpace = index + 1 == scalars.count || YAMLStyle.isBlank(scalars[index + 1])
            let precededBySpace = index == 0 || YAMLStyle.isBlank(scalars[index - 1])
            if index == 0 {
                switch scalar {
                case "#", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": indicators = true
                case "?", ":", "-": if followedBySpace { indicators = true }
                default: break
                }
            } else if scalar == ":" {
                if followedBySpace { indicators = true }
            } else if scalar == "#" {
                if precededBySpace { indicators = true }
            }
            let isBreak = YAMLStyle.isBreak(scalar)
            if scalar != "\n", !YAMLStyle.isPrintable(scalar) { special = true }
            if isBreak { isMultiline = true }
            if scalar == " " {
                if index == 0 { leadingSpace = true }
                if index + 1 == scalars.count { trailingSpace = true }
                if previousBreak { breakSpace = true }
                (previousSpace, previousBreak) = (true, false)
            } else if isBreak {
                if index == 0 { leadingBreak = true }
                if index + 1 == scalars.count { trailingBreak = true }
                if previousSpace { spaceBreak = true }
                (previousSpace, previousBreak) = (false, true)
            } else {
                (previousSpace, previousBreak) = (false, false)
            }
        }
        if scalars.isEmpty { allowsBlock = false }
        if leadingSpace || leadingBreak || trailingSpace || trailingBreak { allowsPlain = false }
        if trailingSpace { allowsBlock = false }
        if breakSpace {
            allowsPlain = false
            allowsSingleQuoted = false
        }
        if spaceBreak || special {
            allowsPlain = false
            allowsSingleQuoted = false
            allowsBlock = false
        }
        if isMultiline || indicators { allowsPlain = false }
        if text.contains("\n") {
            preferred = allowsBlock ? .literal : .doubleQuoted
        } else if case .string = YAMLScalar.resolve(text), !YAMLStyle.isBase60(text), !YAMLStyle.isTimestamp(text) {
            preferred = allowsPlain ? .plain : allowsSingleQuoted ? .singleQuoted : .doubleQuoted
        } else {
            preferred = .doubleQuoted
        }
    }

    private static func isBreak(_ scalar: UnicodeScalar) -> Bool {
        ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
    }

    private static func isBlank(_ scalar: UnicodeScalar) -> Bool { scalar == " " || scalar == "\t" || isBreak(scalar) }

    static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD: scalar.value != 0xFEFF
        case 0x0A: true
        default: false
        }
    }

    /// `1:20:30`, a number to YAML 1.1, `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
    private static func isBase60(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: ":")) else { return false }
        var rest = text[...]
        if let sign = rest.first, sign == "+" || sign == "-" { rest.removeFirst() }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard let head = parts.first, let first = head.first, first.isASCIIDigit,
            head.allSatisfy({ $0.isASCIIDigit || $0 == "_" })
        else { return false }
        for (index, part) in parts.dropFirst().enumerated() {
            var digits = part
            if index == parts.count - 2, let point = part.firstIndex(of: ".") {
                guard part[part.index(after: point)...].allSatisfy({ $0.isASCIIDigit || $0 == "_" }) else { return false }
                digits = part[..<point]
            }
            guard 1...2 ~= digits.count, digits.allSatisfy(\.isASCIIDigit), digits.count == 1 || (digits.first ?? "9") <= "5" else {
                return false
            }
        }
        return true
    }

    /// A date or time that go-yaml would read as a timestamp.
    static func isTimestamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 8, bytes[0..<4].allSatisfy({ $0 &- 0x30 < 10 }), bytes[4] == UInt8(ascii: "-") else { return false }
        return Timestamp(text) != nil || isDate(text)
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) } && parts[0].count == 4
            && parts[1].count == 2 && parts[2].count == 2
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}

/// The order in which go-yaml writes keys: runs of digits by their number, letters after everything else.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let a = Array(left.unicodeScalars)
        let b = Array(right.unicodeScalars)
        for index in 0..<min(a.count, b.count) where a[index] != b[index] {
            let aLetter = a[index].properties.isAlphabetic
            let bLetter = b[index].properties.isAlphabetic
            if aLetter && bLetter { return a[index] < b[index] }
            if aLetter || bLetter { return bLetter }
            return byNumber(a, b, from: index)
        }
        return a.count < b.count
    }

    private static func byNumber(_ a: [UnicodeScalar], _ b: [UnicodeScalar], from index: Int) -> Bool {
        // Inside a number that started earlier a zero is a digit like others, not a leading one.
        var seed = 0
        if a[index] == "0" || b[index] == "0" {
            var before = index - 1
            while before >= 0, digit(a[before]) != nil {
                if a[before] != "0" {
                    seed = 1
                    break
                }
                before -= 1
            }
        }
        func number(_ scalars: [UnicodeScalar]) -> (value: Int, end: Int) {
            var (value, position) = (seed, index)
            while position < scalars.count, let next = digit(scalars[position]) {
                value = value &* 10 &+ next
                position += 1
            }
            return (value, position)
        }
        let (left, right) = (number(a), number(b))
        if left.value != right.value { return left.value < right.value }
        if left.end != right.end { return left.end < right.end }
        return a[index] < b[index]
    }

    private static func digit(_ scalar: UnicodeScalar) -> Int? {
        "0"..."9" ~= scalar ? Int(scalar.value) - 48 : nil
    }
}
