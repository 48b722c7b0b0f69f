import ClusterObjects

/// A line of a container's log in CRI format: `TIME STREAM TAG TEXT`.
struct LogLine: Sendable {
    /// As written: RFC 3339 with nine digits of fraction.
    let time: ArraySlice<UInt8>
    let isError: Bool
    /// The program's line goes on in the next.
    let isPartial: Bool
    let text: ArraySlice<UInt8>

    /// Nil for what is no such line, e.g. one cut by a full disk.
    init?(_ line: some Collection<UInt8>) {
        let bytes = Array(line)
        guard bytes.count >= 40, bytes[30] == 0x20, bytes[37] == 0x20, bytes[39] == 0x20 else { return nil }
        time = bytes[0..<30]
        isError = bytes[34] == UInt8(ascii: "e")
        isPartial = bytes[38] == UInt8(ascii: "P")
        text = bytes[40...]
    }

    var timestamp: Timestamp? { Timestamp(String(decoding: time, as: UTF8.self)) }
}
