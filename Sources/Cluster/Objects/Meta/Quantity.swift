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
    /// Of ten, from 1 to 10¹⁸.
    private static let powers: [Int128] = (0..<18).reduce(into: [1]) { powers, _ in powers.append((powers.last ?? 1) * 10) }
    private static let cap: Int128 = Int128(Int64.max) * one

    /// Nil when `text` is no quantity.
    public init?(_ text: String) {
        var text = text
        guard let read = text.withUTF8(Quantity.read) else { return nil }
        self = read
    }

    private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Quantity? {
        guard 1...256 ~= bytes.count, let written = Written(bytes),
            let suffix = Suffix(UnsafeBufferPointer(rebasing: bytes[written.end...]))
        else { return nil }
        return Quantity(written, bytes, suffix)
    }

    /// Where the parts of a written quantity stand in its bytes.
    private struct Written {
        var isNegative = false
        var whole: Range<Int>
        var fraction: Range<Int>
        /// Where the suffix begins.
        var end: Int

        init?(_ bytes: UnsafeBufferPointer<UInt8>) {
            var position = 0
            if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
                isNegative = sign == UInt8(ascii: "-")
                position = 1
            }
            func digits() -> Range<Int> {
                let start = position
                while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
                return start..<position
            }
            whole = digits()
            fraction = position..<position
            if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
                position += 1
                fraction = digits()
            }
            end = position
            if whole.isEmpty, fraction.isEmpty { return nil }
        }
    }

    private init(_ written: Written, _ bytes: UnsafeBufferPointer<UInt8>, _ suffix: Suffix) {
        // mantissa · 10^(−fraction.count) · 2^binary · 10^decimal, in billionths, rounded away from zero.
        format = suffix.format
        var exponent = suffix.decimal - written.fraction.count + 9
        var amount: Int128 = 0
        var inexact = false
        var overflow = false
        for digits in [written.whole, written.fraction] {
            for position in digits {
                let digit = bytes[position]
                let (product, tooBig) = amount.multipliedReportingOverflow(by: 10)
                if tooBig || product > Int128.max / 16 {
                    // Beyond what can matter: drop digits, remembering the scale.
                    if digit != UInt8(ascii: "0") { inexact = true }
                    exponent += 1
                    continue
                }
                amount = product + Int128(digit - UInt8(ascii: "0"))
            }
        }
        if amount > Int128.max >> Int128(suffix.binary) { overflow = true } else { amount <<= Int128(suffix.binary) }
        // Nearly all of them in one step, the rest ten by ten.
        if 1...18 ~= exponent, amount <= Int128(Int64.max), !overflow {
            amount *= Quantity.powers[exponent]
            exponent = 0
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
        nanos = written.isNegative ? -amount : amount
    }

    /// How Kubernetes keeps a quantity that was written so: as written when that looks canonical to its parser (a whole power of
    /// 1000 or 1024, no three zeros at the end), else in the canonical form. Nil when `text` is no quantity.
    ///
    /// So `+1.` and `1.500` stay, `1000m` and `0.5` become `1` and `500m`. Source: ParseQuantity.
    public static func kept(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes -> (quantity: Quantity, asWritten: Bool)? in
            guard let quantity = read(bytes), let written = Written(bytes),
                let suffix = Suffix(UnsafeBufferPointer(rebasing: bytes[written.end...]))
            else { return nil }
            return (quantity, isCanonical(written, bytes, suffix))
        }.map { $0.asWritten ? text : $0.quantity.description }
    }

    private static func isCanonical(_ written: Written, _ bytes: UnsafeBufferPointer<UInt8>, _ suffix: Suffix) -> Bool {
        let whole = bytes[written.whole].drop { $0 == UInt8(ascii: "0") }
        let digits = (whole.isEmpty ? [UInt8(ascii: "0")] : Array(whole)) + bytes[written.fraction]
        guard digits.count <= 18 else { return false }
        switch suffix.format {
        case .binarySI:
            let fits = digits.count + suffix.binary * 3 / 10 + 1 <= 15
            let lowest = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } & 7
            return written.fraction.isEmpty && fits && lowest != 0
        case .decimalSI, .decimalExponent:
            let scale = suffix.decimal - written.fraction.count
            let endsInZeros = digits.count >= 3 && digits.suffix(3).allSatisfy { $0 == UInt8(ascii: "0") }
            return scale >= -9 && scale % 3 == 0 && !endsInZeros && digits.first != UInt8(ascii: "0")
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

        init?(_ text: UnsafeBufferPointer<UInt8>) {
            switch (text.first, text.count) {
            case (nil, _): return
            case (let letter?, 1):
                guard let power = Suffix.power(letter) else { return nil }
                decimal = power
            case (let letter?, 2) where text[1] == UInt8(ascii: "i"):
                // 1024 for every thousand; there is no smaller unit, and the thousand is written with a capital.
                guard let power = Suffix.power(letter == UInt8(ascii: "K") ? UInt8(ascii: "k") : letter == UInt8(ascii: "k") ? 0 : letter),
                    power > 0
                else { return nil }
                binary = power / 3 * 10
                format = .binarySI
            case (UInt8(ascii: "e"), _), (UInt8(ascii: "E"), _):
                guard let power = Int(String(decoding: text.dropFirst(), as: UTF8.self)), abs(power) < 1000 else { return nil }
                decimal = power
                format = .decimalExponent
            default: return nil
            }
        }

        private static func power(_ letter: UInt8) -> Int? {
            switch letter {
            case UInt8(ascii: "n"): -9
            case UInt8(ascii: "u"): -6
            case UInt8(ascii: "m"): -3
            case UInt8(ascii: "k"): 3
            case UInt8(ascii: "M"): 6
            case UInt8(ascii: "G"): 9
            case UInt8(ascii: "T"): 12
            case UInt8(ascii: "P"): 15
            case UInt8(ascii: "E"): 18
            default: nil
            }
        }
    }
}
