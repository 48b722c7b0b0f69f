extension CEL {
    /// A length of time in nanoseconds, as Go's time.Duration.
    struct Span: Sendable, Hashable, Comparable {
        var nanoseconds: Int64

        static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }

        init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

        private static let units: [(name: String, nanoseconds: UInt64)] = [
            ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ]

        /// Reads `1h2m3.5s`; nil when `text` is something else. Source: Go's time.ParseDuration.
        init?(_ text: String) {
            var rest = text[...]
            let isNegative = rest.first == "-"
            if isNegative || rest.first == "+" { rest.removeFirst() }
            if rest == "0" {
                nanoseconds = 0
                return
            }
            guard !rest.isEmpty else { return nil }
            var total: UInt64 = 0
            while !rest.isEmpty {
                let whole = rest.prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(whole.count)
                var fraction = Substring()
                let hasDot = rest.first == "."
                if hasDot {
                    rest.removeFirst()
                    fraction = rest.prefix { $0.isASCII && $0.isNumber }
                    rest = rest.dropFirst(fraction.count)
                }
                guard !whole.isEmpty || !fraction.isEmpty else { return nil }
                let name = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
                rest = rest.dropFirst(name.count)
                guard let unit = Span.units.first(where: { $0.name == name }) else { return nil }
                guard let count = whole.isEmpty ? 0 : UInt64(whole), count <= 1 << 63 else { return nil }
                let (product, tooLong) = count.multipliedReportingOverflow(by: unit.nanoseconds)
                let part = fraction.isEmpty ? 0 : (Double("0.\(fraction)") ?? 0) * Double(unit.nanoseconds)
                let (sum, overflow) = product.addingReportingOverflow(UInt64(part))
                let (all, beyond) = total.addingReportingOverflow(sum)
                guard !tooLong, !overflow, !beyond, all <= 1 << 63 else { return nil }
                total = all
            }
            if isNegative {
                nanoseconds = total == 1 << 63 ? .min : -Int64(total)
            } else {
                guard total <= UInt64(Int64.max) else { return nil }
                nanoseconds = Int64(total)
            }
        }

        /// How CEL writes it: in seconds, `90.5s`.
        var text: String {
            let magnitude = nanoseconds.magnitude
            let (seconds, rest) = magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
            var text = (nanoseconds < 0 ? "-" : "") + String(seconds)
            if rest > 0 {
                var digits = String(rest)
                digits = String(repeating: "0", count: 9 - digits.count) + digits
                while digits.hasSuffix("0") { digits.removeLast() }
                text += "." + digits
            }
            return text + "s"
        }
    }
}
