extension CEL {
    /// What is wrong with an expression, where.
    struct Issue: Sendable, Hashable {
        var location: Location
        var message: String
    }

    /// Why an expression was refused: its text with everything found wrong in it.
    public struct Issues: Error, Sendable, CustomStringConvertible {
        let source: Source
        private(set) var found: [Issue] = []
        /// How many there were, also those no longer kept.
        private(set) var count = 0

        static let mostKept = 100
        /// A longer line is not shown.
        private static let longestLine = 16_384

        init(_ source: Source) { self.source = source }

        var isEmpty: Bool { count == 0 }

        mutating func add(_ location: Location, _ message: String) {
            count += 1
            if found.count < Issues.mostKept { found.append(Issue(location: location, message: message)) }
        }

        mutating func add(at offset: Int, _ message: String) { add(source.location(of: offset), message) }

        /// All of them by place, each with the line it is in and a mark below the place.
        public var description: String {
            var ordered = found.enumerated().sorted { ($0.element.location, $0.offset) < ($1.element.location, $1.offset) }
                .map { shown($0.element) }
            if count > found.count { ordered.append("\(count - found.count) more errors were truncated") }
            return ordered.joined(separator: "\n")
        }

        private func shown(_ issue: Issue) -> String {
            var result = "ERROR: <input>:\(issue.location.line):\(issue.location.column + 1): \(issue.message)"
            guard let line = source.line(issue.location.line), line.count <= Issues.longestLine else { return result }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: line.map { $0 == "\t" ? " " : $0 })
            result += "\n | \(String(view))\n | "
            // Marks are as wide as what they stand below.
            for scalar in line.prefix(max(issue.location.column, 0)) { result += scalar.isASCII ? "." : "．" }
            let rest = line.dropFirst(max(issue.location.column, 0))
            result += rest.first.map { $0.isASCII ? "^" : "＾" } ?? "^"
            return result
        }
    }
}
