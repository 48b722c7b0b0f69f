import ClusterObjects

/// What a scalar means: YAML 1.1 as kubectl reads it (sigs.k8s.io/yaml over go-yaml v2).
///
/// So `yes` and `on` are booleans, `0777` and `0o777` are octal, `1_000` is a number, and dates stay text.
enum YAMLScalar {
    /// The value of an unquoted scalar without a tag.
    static func resolve(_ text: String) -> Value {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            return words[text] ?? number(text) ?? .string(text)
        case UInt8(ascii: "."):
            if let known = words[text] { return known }
            guard isFloat(Array(text.utf8)), let value = Double(text) else { return .string(text) }
            return float(value)
        case UInt8(ascii: "~"), UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
            UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            return words[text] ?? .string(text)
        default: return .string(text)
        }
    }

    /// The value of a scalar with an explicit tag; nil when it cannot be read as that.
    static func resolve(_ text: String, tag: String) -> Value? {
        switch tag {
        case "tag:yaml.org,2002:str", "!": return .string(text)
        case "tag:yaml.org,2002:binary": return Base64.decode(text).map { .string(String(decoding: $0, as: UTF8.self)) }
        case "tag:yaml.org,2002:null": return resolve(text).isNull ? .null : nil
        case "tag:yaml.org,2002:bool": return resolve(text).bool.map(Value.bool)
        case "tag:yaml.org,2002:int":
            if case .int = resolve(text) { return resolve(text) }
            return nil
        case "tag:yaml.org,2002:float": return resolve(text).double.map(Value.double)
        case "tag:yaml.org,2002:timestamp": return .string(text)
        default: return .string(text)
        }
    }

    /// A mapping's key as text: JSON has no other keys. Nil for null, which kubectl refuses too.
    static func key(_ value: Value) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): String(number)
        case .double: value.jsonText
        case .null, .array, .object: nil
        }
    }

    /// Infinity and NaN, which JSON cannot hold.
    static func isRepresentable(_ value: Value) -> Bool {
        if case .double(let number) = value { number.isFinite } else { true }
    }

    private static let words: [String: Value] = {
        var result: [String: Value] = ["~": .null, "null": .null, "Null": .null, "NULL": .null]
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { result[word] = true }
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] { result[word] = false }
        for word in [".nan", ".NaN", ".NAN"] { result[word] = .double(.nan) }
        for word in [".inf", ".Inf", ".INF"] {
            result[word] = .double(.infinity)
            result["+\(word)"] = .double(.infinity)
            result["-\(word)"] = .double(-.infinity)
        }
        return result
    }()

    private static func number(_ text: String) -> Value? {
        let plain = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
        if let whole = integer(plain) { return whole }
        guard isFloat(Array(plain.utf8)), let value = Double(plain.hasSuffix(".") ? plain + "0" : plain) else { return nil }
        return float(value)
    }

    /// Whole floats are written by JSON without a fraction, so they come back as whole numbers.
    private static func float(_ value: Double) -> Value {
        if value == value.rounded(), abs(value) < 1e15 { return .int(Int64(value)) }
        return .double(value)
    }

    /// Go's strconv with base 0: 0x, 0b, 0o and a leading 0 for octal.
    private static func integer(_ text: String) -> Value? {
        var digits = text[...]
        var negative = false
        if let sign = digits.first, sign == "+" || sign == "-" {
            negative = sign == "-"
            digits.removeFirst()
        }
        var radix = 10
        if digits.first == "0", digits.utf8.count > 1 {
            switch digits.dropFirst().first {
            case "x", "X": (radix, digits) = (16, digits.dropFirst(2))
            case "b", "B": (radix, digits) = (2, digits.dropFirst(2))
            case "o", "O": (radix, digits) = (8, digits.dropFirst(2))
            default: (radix, digits) = (8, digits.dropFirst(1))
            }
        }
        guard let first = digits.first, first != "+", first != "-", let magnitude = UInt64(digits, radix: radix) else { return nil }
        if negative {
            if magnitude == 1 << 63 { return .int(.min) }
            return Int64(exactly: magnitude).map { .int(-$0) }
        }
        return Int64(exactly: magnitude).map(Value.int) ?? .double(Double(magnitude))
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    static func isFloat(_ bytes: [UInt8]) -> Bool {
        var position = 0
        func digits() -> Int {
            let start = position
            while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
            return position - start
        }
        func take(_ wanted: String) -> Bool {
            guard position < bytes.count, wanted.utf8.contains(bytes[position]) else { return false }
            position += 1
            return true
        }
        _ = take("+-")
        let whole = digits()
        let fraction = take(".") ? digits() : 0
        guard whole + fraction > 0 else { return false }
        if take("eE") {
            _ = take("+-")
            guard digits() > 0 else { return false }
        }
        return position == bytes.count
    }
}
