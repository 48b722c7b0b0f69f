import ClusterObjects

/// What of a container's log is asked for: the query of kubelet's containerLogs.
struct LogQuery: Sendable, Hashable {
    var follows = false
    var previous = false
    var timestamps = false
    var tailLines: Int?
    var since: Timestamp?
    var limitBytes: Int?
    /// `Stdout`, `Stderr` or `All`.
    var stream = "All"

    /// A query that asks for nonsense, with the field.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    init() {}

    /// - Throws: ``Problem``.
    init(_ query: String, at now: Timestamp) throws(Problem) {
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count > 1 ? Percent.decode(pair[1]) : ""
            switch pair[0] {
            case "follow": follows = value == "true" || value == "1"
            case "previous": previous = value == "true" || value == "1"
            case "timestamps": timestamps = value == "true" || value == "1"
            case "tailLines": tailLines = try LogQuery.number(value, "tailLines")
            case "limitBytes": limitBytes = try LogQuery.number(value, "limitBytes")
            case "sinceSeconds": since = now + -Double(clamping: try LogQuery.number(value, "sinceSeconds"))
            case "sinceTime":
                guard let time = Timestamp(value) else { throw Problem(description: "sinceTime: Invalid value: \"\(value)\"") }
                since = time
            case "stream": stream = value
            default: break
            }
        }
    }

    private static func number(_ text: String, _ field: String) throws(Problem) -> Int {
        guard let number = Int(text), number >= 0 else {
            throw Problem(description: "\(field): Invalid value: \"\(text)\": must be greater than or equal to 0")
        }
        return number
    }
}

/// Percent-encoding of URLs.
enum Percent {
    static func decode(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        func digit(_ byte: UInt8) -> UInt8? { UInt8(String(UnicodeScalar(byte)), radix: 16) }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = digit(rest[rest.startIndex]),
                let low = digit(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
