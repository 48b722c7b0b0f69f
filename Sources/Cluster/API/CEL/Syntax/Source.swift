extension CEL {
    /// The text of an expression, by code points and lines: places in it are counted so.
    struct Source: Sendable {
        let text: String
        let scalars: [UnicodeScalar]
        /// Where each line begins. The first begins at 0.
        private let lines: [Int]

        init(_ text: String) {
            self.text = text
            scalars = Array(text.unicodeScalars)
            var lines = [0]
            for (index, scalar) in scalars.enumerated() where scalar == "\n" { lines.append(index + 1) }
            self.lines = lines
        }

        /// The line (from 1) and column (from 0) of a code point. O(log lines).
        func location(of offset: Int) -> Location {
            var low = 0
            var high = lines.count - 1
            while low < high {
                let middle = (low + high + 1) / 2
                if lines[middle] <= offset { low = middle } else { high = middle - 1 }
            }
            return Location(line: low + 1, column: offset - lines[low])
        }

        /// A line's text without its end; nil when there is no such line.
        func line(_ number: Int) -> ArraySlice<UnicodeScalar>? {
            guard lines.indices.contains(number - 1) else { return nil }
            let start = lines[number - 1]
            let end = lines.indices.contains(number) ? lines[number] - 1 : scalars.count
            return scalars[start..<end]
        }

        func text(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range.clamped(to: 0..<scalars.count)])
            return String(view)
        }
    }

    /// A place in an expression: line from 1, column from 0.
    struct Location: Sendable, Hashable, Comparable {
        var line: Int
        var column: Int

        /// Of what concerns the expression as a whole.
        static let none = Location(line: -1, column: -1)

        static func < (left: Location, right: Location) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }
}
