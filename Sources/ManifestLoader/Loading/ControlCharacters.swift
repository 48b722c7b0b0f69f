extension String {
    /// The text with control characters written as `\n`, `\u{1b}`: names and messages from outside must neither break a line nor
    /// command the terminal that shows them. O(length).
    public var withoutControls: String { withoutControls(keeping: []) }

    /// As ``withoutControls``, but for some.
    public func withoutControls(keeping kept: Set<Unicode.Scalar>) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            (scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value || 0x202A...0x202E ~= scalar.value) && !kept.contains(scalar)
        }
        guard unicodeScalars.contains(where: isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if isControl(scalar) { text += scalar.escaped(asASCII: true) } else { text.unicodeScalars.append(scalar) }
        }
        return text
    }
}
