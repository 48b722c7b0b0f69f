/// The beginning of a body, as Kubernetes shows one that it cannot read.
public enum BodySummary {
    /// Text when it begins as a JSON object, else hexadecimal.
    public static func text(_ body: [UInt8]) -> String {
        if body.isEmpty { return "<empty>" }
        let start = body.prefix(30)
        let more = body.count > 30 ? " ..." : ""
        if body[0] == UInt8(ascii: "{") { return String(decoding: start, as: UTF8.self) + more }
        return start.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + more
    }
}
