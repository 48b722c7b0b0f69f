import ClusterObjects

/// Writes values as YAML in block style, byte for byte as kubectl prints them (sigs.k8s.io/yaml over go-yaml v2): keys in natural
/// order, lists not indented under their key, text quoted only where it must be, long text folded at 80 columns.
public struct YAMLWriter {
    private var output: [UInt8] = []
    private var column = 0

    private static let width = 80

    /// The value as one document, ending in a line break.
    public static func text(_ value: Value) -> String { String(decoding: bytes(value), as: UTF8.self) }

    public static func bytes(_ value: Value) -> [UInt8] {
        var writer = YAMLWriter()
        writer.write(value, indent: 0, inline: true)
        if writer.output.last != 0x0A { writer.newLine(0) }
        return writer.output
    }

    /// Writes at `indent`; `inline` when the cursor already stands there, as after `- `.
    private mutating func write(_ value: Value, indent: Int, inline: Bool) {
        switch value {
        case .object(let fields) where !fields.isEmpty:
            var first = inline
            for (key, field) in fields.sorted(by: { NaturalOrder.precedes($0.key, $1.key) }) {
                if !first { newLine(indent) }
                first = false
                writeKey(key, indent: indent)
                switch field {
                case .array(let elements) where !elements.isEmpty: write(field, indent: indent, inline: false)
                case .object(let inner) where !inner.isEmpty: write(field, indent: indent + 2, inline: false)
                default:
                    raw(" ")
                    scalar(field, indent: indent + 2)
                }
            }
        case .array(let elements) where !elements.isEmpty:
            var first = inline
            for element in elements {
                if !first { newLine(indent) }
                first = false
                raw("- ")
                write(element, indent: indent + 2, inline: true)
            }
        default: scalar(value, indent: indent)
        }
    }

    private mutating func writeKey(_ key: String, indent: Int) {
        let style = YAMLStyle(of: key)
        if key.utf8.count > 128 || style.isMultiline {
            raw("? ")
            text(key, style: style.isMultiline && !style.allowsBlock ? .doubleQuoted : style.preferred, indent: indent + 2)
            newLine(indent)
            raw(":")
        } else {
            text(key, style: style.preferred, indent: indent, folds: false)
            raw(":")
        }
    }

    private mutating func scalar(_ value: Value, indent: Int) {
        switch value {
        case .null: raw("null")
        case .bool(let flag): raw(flag ? "true" : "false")
        case .int(let number): raw(String(number))
        case .double(let number): raw(YAMLWriter.text(of: number))
        case .string(let string): text(string, style: YAMLStyle(of: string).preferred, indent: indent)
        case .array: raw("[]")
        case .object: raw("{}")
        }
    }

    private mutating func text(_ text: String, style: YAMLStyle.Preferred, indent: Int, folds: Bool = true) {
        // A document that is one text stays on its line: a word that came to stand at a line's beginning could be `---`.
        let folds = folds && indent > 0
        switch style {
        case .plain: folded(text, indent: indent, folds: folds)
        case .singleQuoted:
            raw("'")
            folded(text.replacing("'", with: "''"), indent: indent, folds: folds)
            raw("'")
        case .doubleQuoted: doubleQuoted(text, indent: indent, folds: folds)
        case .literal: literal(text, indent: indent)
        }
    }

    /// Plain and single-quoted text: past the width a single space between words becomes a line break.
    private mutating func folded(_ text: String, indent: Int, folds: Bool) {
        let scalars = Array(text.unicodeScalars)
        var afterSpace = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == " " {
                let next = index + 1 < scalars.count ? scalars[index + 1] : nil
                if folds, !afterSpace, column > YAMLWriter.width, index > 0, let next, next != " " {
                    newLine(indent)
                } else {
                    raw(" ")
                }
                afterSpace = true
            } else {
                append(scalar)
                afterSpace = false
            }
        }
    }

    private mutating func doubleQuoted(_ text: String, indent: Int, folds: Bool) {
        raw("\"")
        let scalars = Array(text.unicodeScalars)
        var afterSpace = false
        for (index, scalar) in scalars.enumerated() {
            if let escape = YAMLWriter.escape(scalar) {
                raw(escape)
                afterSpace = false
            } else if scalar == " " {
                if folds, !afterSpace, column > YAMLWriter.width, index > 0, index + 1 < scalars.count {
                    newLine(indent)
                    if scalars[index + 1] == " " { raw("\\") }
                } else {
                    raw(" ")
                }
                afterSpace = true
            } else {
                append(scalar)
                afterSpace = false
            }
        }
        raw("\"")
    }

    private mutating func literal(_ text: String, indent: Int) {
        let indent = max(indent, 2)
        raw("|")
        if text.first == " " || text.first == "\n" { raw("2") }
        if !text.hasSuffix("\n") {
            raw("-")
        } else if text == "\n" || text.hasSuffix("\n\n") {
            raw("+")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            newLine(line.isEmpty ? 0 : indent)
            raw(String(line))
        }
    }

    private static func escape(_ scalar: UnicodeScalar) -> String? {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\0": "\\0"
        case "\u{07}": "\\a"
        case "\u{08}": "\\b"
        case "\t": "\\t"
        case "\n": "\\n"
        case "\u{0B}": "\\v"
        case "\u{0C}": "\\f"
        case "\r": "\\r"
        case "\u{1B}": "\\e"
        case "\u{85}": "\\N"
        case "\u{A0}": nil
        case "\u{2028}": "\\L"
        case "\u{2029}": "\\P"
        case _ where YAMLStyle.isPrintable(scalar): nil
        default: hexEscape(scalar.value)
        }
    }

    private static func hexEscape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        let (mark, width) = value <= 0xFF ? ("x", 2) : value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\\(mark)" + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// As Go's strconv writes a float in format `g`, shortest.
    private static func text(of number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? ".nan" : number < 0 ? "-.inf" : ".inf" }
        let exponent = number == 0 ? 0 : YAMLWriter.exponent(of: abs(number))
        if exponent < -4 || exponent >= 21 {
            var text = "\(number)"
            guard let mark = text.firstIndex(of: "e") else { return text }
            var mantissa = String(text[..<mark])
            if mantissa.hasSuffix(".0") { mantissa.removeLast(2) }
            text = String(text[text.index(after: mark)...])
            let sign = text.hasPrefix("-") ? "-" : "+"
            let digits = text.drop { $0 == "-" || $0 == "+" }
            return "\(mantissa)e\(sign)\(digits.count < 2 ? "0" : "")\(digits)"
        }
        return Value.double(number).jsonText
    }

    /// The power of ten of the first digit.
    private static func exponent(of value: Double) -> Int {
        var (exponent, rest) = (0, value)
        while rest >= 10 { (exponent, rest) = (exponent + 1, rest / 10) }
        while rest < 1 { (exponent, rest) = (exponent - 1, rest * 10) }
        return exponent
    }

    // MARK: - Output

    private mutating func newLine(_ indent: Int) {
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: indent))
        column = indent
    }

    private mutating func raw(_ text: String) {
        output.append(contentsOf: text.utf8)
        column += text.unicodeScalars.count
    }

    private mutating func append(_ scalar: UnicodeScalar) {
        output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.EncodedScalar())
        column += 1
    }
}
