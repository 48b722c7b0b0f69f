/// What a request line asks for: a path, and a query. (RFC 9112, section 3.2; Go's net/url says which are well-formed.)
struct HTTPTarget: Hashable {
    /// As sent, without what stands before it in a request to a proxy.
    let path: String
    /// Without the question mark; empty for none.
    let query: String

    /// Nil for a path that does not begin at the root, or has an escape that is none or a control character in it.
    init?(_ text: String) {
        let root = UInt8(ascii: "/")
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return nil }
        var rest = text[...]
        if rest.utf8.first != root, let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
            if rest.utf8.first != root { rest = "/" + rest }
        }
        guard rest.utf8.first == root || rest == "*" else { return nil }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        guard HTTPTarget.areEscapesWhole(rest[..<mark].utf8) else { return nil }
        path = String(rest[..<mark])
        query = mark == rest.endIndex ? "" : String(rest[rest.utf8.index(after: mark)...])
    }

    private static func areEscapesWhole(_ path: Substring.UTF8View) -> Bool {
        var rest = path
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            let digits = rest[percent...].dropFirst().prefix(2)
            guard digits.count == 2, digits.allSatisfy(isDigit) else { return false }
            rest = rest[digits.endIndex...]
        }
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
