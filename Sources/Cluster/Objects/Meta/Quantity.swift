/// A fixed-point number with a suffix, as in `cpu: 100m` or `memory: 1.5Gi`.
///
/// Kept exactly in billionths; finer fractions are rounded up and magnitudes above 2^63-1 are capped, as Kubernetes does.
/// Source: k8s.io/apimachinery/pkg/api/resource.
public struct Quantity: Sendable, Hashable, Comparable, CustomStringConvertible {
    public enum Format: Sendable, Hashable { case decimalSI, binarySI, decimalExponent }

    /// The amount in billionths (10⁻⁹).
    public var nanos: Int128
    public var format: Format

    public init(nanos: Int128, format: Format = .decimalSI) {
        self.nanos = nanos
        self.format = format
    }

    public init(_ whole: Int, format: Format = .decimalSI) { self.init(nanos: Int128(whole) * Quantity.one, format: format) }
    public init(milli: Int, format: Format = .decimalSI) { self.init(nanos: Int128(milli) * 1_000_000, format: format) }

    public static let zero = Quantity(0)
    private static let one: Int128 = 1_000_000_000
    private static let cap: Int128 = Int128(Int64.max) * one

    /// Nil when `text` is no quantity.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= 256 else { return nil }
        var bytes = Array(text.utf8)[...]
        var negative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        func digits() -> ArraySlice<UInt8> {
            let run = bytes.prefix { $0 &- UInt8(ascii: "0") < 10 }
            bytes = bytes.dropFirst(run.count)
            return run
        }
        let whole = digits()
        var fraction = ArraySlice<UInt8>()
        if bytes.first == UInt8(ascii: ".") {
            bytes.removeFirst()
            fraction = digits()
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        guard let suffix = Suffix(String(decoding: bytes, as: UTF8.self)) else { return nil }
        self.init(whole: whole, fraction: fraction, negative: negative, suffix: suffix)
    }

    private init(whole: ArraySlice<UInt8>, fraction: ArraySlice<UInt8>, negative: Bool, suffix: Suffix) {
        // mantissa · 10^(−fraction.count) · 2^binary · 10^decimal, in billionths, rounded away from zero.
        let mantissa = (Array(whole) + Array(fraction)).drop { $0 == UInt8(ascii: "0") }
        format = suffix.format
        var exponent = suffix.decimal - fraction.count + 9
        var amount: Int128 = 0
        var inexact = false
        var overflow = false
        for digit in mantissa {
            let (product, tooBig) = amount.multipliedReportingOverflow(by: 10)
            if tooBig || product > Int128.max / 16 {
                // Beyond what can matter: drop digits, remembering the scale.
                if digit != UInt8(ascii: "0") { inexact = true }
                exponent += 1
                continue
            }
            amount = product + Int128(digit - UInt8(ascii: "0"))
        }
        for _ in 0..<suffix.binary {
            let (product, tooBig) = amount.multipliedReportingOverflow(by: 2)
            if tooBig {
                overflow = true
                break
            }
            amount = product
        }
        while exponent > 0, amount != 0, !overflow {
            let (product, tooBig) = amount.multipliedReportingOverflow(by: 10)
            if tooBig { overflow = true } else { amount = product }
            exponent -= 1
        }
        while exponent < 0, amount != 0 {
            if amount % 10 != 0 { inexact = true }
            amount /= 10
            exponent += 1
        }
        if inexact { amount += 1 }
        if overflow || amount > Quantity.cap { amount = Quantity.cap }
        nanos = negative ? -amount : amount
    }

    /// How Kubernetes keeps a quantity that was written so: as written when that looks canonical to its parser (a whole power of
    /// 1000 or 1024, no three zeros at the end), else in the canonical form. Nil when `text` is no quantity.
    ///
    /// So `+1.` and `1.500` stay, `1000m` and `0.5` become `1` and `500m`. Source: ParseQuantity.
    public static func kept(_ text: String) -> String? {
        guard let quantity = Quantity(text) else { return nil }
        let unsigned = text.drop { $0 == "+" || $0 == "-" }
        let number = unsigned.prefix { $0.isNumber || $0 == "." }
        guard let suffix = Suffix(String(unsigned.dropFirst(number.count))) else { return quantity.description }
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts.first.map { $0.drop { $0 == "0" } } ?? ""
        let fraction = parts.count > 1 ? parts[1] : ""
        let digits = (whole.isEmpty ? "0" : String(whole)) + fraction
        guard digits.utf8.count <= 18, let value = Int64(digits) else { return quantity.description }
        switch suffix.format {
        case .binarySI:
            let fits = digits.utf8.count + suffix.binary * 3 / 10 + 1 <= 15
            return fraction.isEmpty && fits && value & 7 != 0 ? text : quantity.description
        case .decimalSI, .decimalExponent:
            let scale = suffix.decimal - fraction.utf8.count
            let isCanonical = scale >= -9 && scale % 3 == 0 && !digits.hasSuffix("000") && !digits.hasPrefix("0")
            return isCanonical ? text : quantity.description
        }
    }

    // MARK: - Reading

    /// The amount rounded up to a whole number, capped to Int64.
    public var value: Int { Int(clamping: rounded(up: Quantity.one)) }
    /// Thousandths, rounded up, capped to Int64.
    public var milliValue: Int { Int(clamping: rounded(up: 1_000_000)) }
    public var isZero: Bool { nanos == 0 }
    public var isNegative: Bool { nanos < 0 }
    public var isWhole: Bool { nanos % Quantity.one == 0 }
    public var double: Double { Double(nanos) / 1e9 }

    private func rounded(up unit: Int128) -> Int128 {
        let (quotient, rest) = nanos.quotientAndRemainder(dividingBy: unit)
        return rest > 0 ? quotient + 1 : rest < 0 ? quotient - 1 : quotient
    }

    public static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
    public static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }
    public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }

    /// The sum, in the format of the left side unless that is zero.
    public static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos + right.nanos, format: left.isZero ? right.format : left.format)
    }
    public static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos - right.nanos, format: left.isZero ? right.format : left.format)
    }
    public static func += (left: inout Quantity, right: Quantity) { left = left + right }
    public static func -= (left: inout Quantity, right: Quantity) { left = left - right }

    // MARK: - Writing

    /// The canonical form: the largest suffix that leaves a whole mantissa.
    public var description: String {
        if nanos == 0 { return "0" }
        if format == .binarySI {
            let size = nanos.magnitude
            if size >= 1024 * UInt128(Quantity.one), isWhole {
                var amount = nanos / Quantity.one
                var step = 0
                while step < 6, amount % 1024 == 0 {
                    amount /= 1024
                    step += 1
                }
                return "\(amount)\(["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][step])"
            }
        }
        var amount = nanos
        var exponent = -9
        while exponent < 18, amount % 1000 == 0 {
            amount /= 1000
            exponent += 3
        }
        if format == .decimalExponent { return exponent == 0 ? "\(amount)" : "\(amount)e\(exponent)" }
        return "\(amount)\(Suffix.decimals[exponent] ?? "")"
    }

    // MARK: - Suffixes

    private struct Suffix {
        var decimal = 0
        var binary = 0
        var format = Format.decimalSI

        static let decimals = [-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"]
        private static let decimalExponents = Dictionary(uniqueKeysWithValues: decimals.map { ($1, $0) })
        private static let binaryExponents = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]

        init?(_ text: String) {
            if let power = Suffix.decimalExponents[text] {
                decimal = power
            } else if let power = Suffix.binaryExponents[text] {
                binary = power
                format = .binarySI
            } else if text.first == "e" || text.first == "E", let power = Int(text.dropFirst()), abs(power) < 1000 {
                decimal = power
                format = .decimalExponent
            } else {
                return nil
            }
        }
    }
}
