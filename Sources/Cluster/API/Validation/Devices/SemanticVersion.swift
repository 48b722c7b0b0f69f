/// Versions as semver.org 2.0.0 writes them.
enum SemanticVersion {
    /// Whether a text is one: `1.2.3`, `1.2.3-alpha.1+build.5`.
    static func isOne(_ text: String) -> Bool {
        let built = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let released = built[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts(released[0])
        guard numbers.count == 3, numbers.allSatisfy(isNumber) else { return false }
        if released.count == 2, !parts(released[1]).allSatisfy({ isWord($0) && (isNumber($0) || !$0.utf8.allSatisfy(isDigit)) }) {
            return false
        }
        return built.count == 1 || parts(built[1]).allSatisfy(isWord)
    }

    private static func parts(_ text: Substring) -> [Substring] { text.split(separator: ".", omittingEmptySubsequences: false) }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
    private static func isNumber(_ text: Substring) -> Bool {
        text == "0" || !text.isEmpty && text.utf8.allSatisfy(isDigit) && text.first != "0"
    }
    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isDigit($0) || ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
    }
}
