import ClusterObjects

extension CEL {
    /// A point in time to the nanosecond, of the years 1 to 9999.
    struct Moment: Sendable, Hashable, Comparable {
        /// Since 1970-01-01T00:00:00Z.
        var seconds: Int64
        /// Of the second that has begun: 0 to 999,999,999.
        var nanoseconds: Int32

        static let first: Int64 = -62_135_596_800
        static let last: Int64 = 253_402_300_799

        static func < (left: Moment, right: Moment) -> Bool {
            (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
        }

        /// Nil outside of the years that there are.
        init?(seconds: Int64, nanoseconds: Int32 = 0) {
            guard Moment.first...Moment.last ~= seconds else { return nil }
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        /// Reads RFC 3339; nil when `text` is something else.
        init?(_ text: String) {
            var whole = text
            var fraction: Substring = ""
            if let dot = text.firstIndex(where: { $0 == "." || $0 == "," }) {
                fraction = text[text.index(after: dot)...].prefix { $0.isASCII && $0.isNumber }
                guard !fraction.isEmpty else { return nil }
                whole = String(text[..<dot]) + text[fraction.endIndex...]
            }
            guard let parsed = Timestamp(whole) else { return nil }
            let digits = fraction.prefix(9)
            let nanoseconds = (Int32(digits) ?? 0) * Moment.powers[digits.count]
            self.init(seconds: parsed.seconds, nanoseconds: nanoseconds)
        }

        private static let powers: [Int32] = [1, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1]

        /// RFC 3339 in UTC, with as much of a fraction as there is.
        var text: String {
            var text = Timestamp(seconds: seconds).description
            if nanoseconds > 0 {
                var digits = String(nanoseconds)
                digits = String(repeating: "0", count: 9 - digits.count) + digits
                while digits.hasSuffix("0") { digits.removeLast() }
                text.removeLast()
                text += ".\(digits)Z"
            }
            return text
        }
    }
}
