/// Which lines of a text are coloured where colours can be seen, by how they begin. The words say everything without.
struct Paint: Sendable {
    /// Codes of ECMA-48's SGR.
    enum Ink: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    let ink: @Sendable (Substring) -> Ink?

    static let plain = Paint { _ in nil }
    static let red = Paint { _ in .red }
    static let yellow = Paint { _ in .yellow }
    static let green = Paint { _ in .green }

    static let diff = by([
        ("diff ", .bold), ("--- ", .bold), ("+++ ", .bold), ("@@ ", .cyan), ("-", .red), ("+", .green),
    ])
    static let plan = by([("create ", .green), ("change ", .yellow), ("delete ", .red)])
    static let drift = by([("no drift", .green), ("put right:", .bold), (" ", nil), ("", .yellow)])
    /// A line of words and a value; what stands behind them is wrong.
    static let status = by([
        ("synced    no", .red), ("synced    yes", .green), ("cluster ", nil), ("source  ", nil), ("revision ", nil), ("objects ", nil),
        ("", .yellow),
    ])
    /// Problems are indented below their commit.
    static let history = by([("    ", .red)])

    private static func by(_ beginnings: [(String, Ink?)]) -> Paint {
        Paint { line in beginnings.first { line.hasPrefix($0.0) }?.1 }
    }

    func painted(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let ink = ink(line), !line.isEmpty else { return String(line) }
            return "\u{1B}[\(ink.rawValue)m\(line)\u{1B}[0m"
        }.joined(separator: "\n")
    }
}
