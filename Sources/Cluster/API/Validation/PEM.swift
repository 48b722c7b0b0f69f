import ClusterObjects

/// Blocks of bytes in text, as Go's encoding/pem reads them: text before, between and after them is left out, so are blocks that are broken;
/// their lines may be of any length and have spaces. (RFC 7468)
public enum PEM {
    public struct Block: Sendable, Hashable {
        /// `CERTIFICATE REQUEST`
        public var type: String
        public var bytes: [UInt8]
    }

    /// O(length).
    public static func blocks(_ text: String) -> [Block] {
        var found: [Block] = []
        var open: (type: String, body: String, isInHeaders: Bool)?
        // Of `\r\n`, which is one character, too.
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = String(line.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            if let type = marker("-----BEGIN ", line) {
                open = (type, "", true)
            } else if let type = marker("-----END ", line) {
                if let block = open, block.type == type, let bytes = Base64.decode(block.body) {
                    found.append(Block(type: type, bytes: bytes))
                }
                open = nil
            } else if let block = open {
                if block.isInHeaders, line.contains(":") { continue }
                open = (block.type, block.body + line.filter { $0 != " " && $0 != "\t" }, block.isInHeaders && line.isEmpty)
            }
        }
        return found
    }

    private static func marker(_ start: String, _ line: String) -> String? {
        guard line.hasPrefix(start), line.hasSuffix("-----"), line.utf8.count >= start.utf8.count + 5 else { return nil }
        return String(line.dropFirst(start.count).dropLast(5))
    }

    /// The bytes of the request for a certificate that a text begins with; nil when its first block is none.
    public static func request(_ text: String) -> [UInt8]? {
        blocks(text).first.flatMap { $0.type == "CERTIFICATE REQUEST" ? $0.bytes : nil }
    }
}
