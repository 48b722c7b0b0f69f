/// The difference of two texts in the unified format of diff(1), three lines of context. Myers' algorithm, O((n+m)·d).
enum UnifiedDiff {
    private enum Edit { case keep, remove, insert }
    private static let context = 3
    /// Texts that differ more than this are shown as replaced as a whole: the search would take too long.
    private static let mostEdits = 4000

    /// The hunks; empty when the texts are equal.
    static func hunks(_ before: String, _ after: String) -> String {
        guard before != after else { return "" }
        let (old, new) = (lines(before), lines(after))
        let edits = edits(old, new)
        var text = ""
        var index = 0
        var (x, y) = (0, 0)
        while index < edits.count {
            guard edits[index] != .keep else {
                (index, x, y) = (index + 1, x + 1, y + 1)
                continue
            }
            // A hunk goes on while the next change is within twice the context.
            var end = index
            var look = index
            while look < edits.count, look - end <= 2 * context {
                if edits[look] != .keep { end = look }
                look += 1
            }
            let lead = min(context, index, x, y)
            let tail = min(context, edits.count - 1 - end)
            var (oldLine, newLine) = (x - lead, y - lead)
            let (oldStart, newStart) = (oldLine, newLine)
            var body = ""
            for edit in edits[(index - lead)...(end + tail)] {
                switch edit {
                case .keep:
                    body += " \(old[oldLine])\n"
                    (oldLine, newLine) = (oldLine + 1, newLine + 1)
                case .remove:
                    body += "-\(old[oldLine])\n"
                    oldLine += 1
                case .insert:
                    body += "+\(new[newLine])\n"
                    newLine += 1
                }
            }
            text += "@@ -\(range(oldStart, oldLine)) +\(range(newStart, newLine)) @@\n" + body
            (x, y) = (oldLine - tail, newLine - tail)
            index = end + 1
        }
        return text
    }

    private static func lines(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// As diff(1): the first line and the count, which one is left out; an empty range names the line before it.
    private static func range(_ start: Int, _ end: Int) -> String {
        let count = end - start
        return count == 1 ? "\(start + 1)" : count == 0 ? "\(start),0" : "\(start + 1),\(count)"
    }

    private static func edits(_ old: [Substring], _ new: [Substring]) -> [Edit] {
        var start = 0
        while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
        var end = 0
        while end < old.count - start, end < new.count - start, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
        let middle = shortest(Array(old[start..<old.count - end]), Array(new[start..<new.count - end]))
        return Array(repeating: .keep, count: start) + middle + Array(repeating: .keep, count: end)
    }

    private static func shortest(_ old: [Substring], _ new: [Substring]) -> [Edit] {
        let whole = Array(repeating: Edit.remove, count: old.count) + Array(repeating: Edit.insert, count: new.count)
        guard !old.isEmpty, !new.isEmpty else { return whole }
        let most = min(old.count + new.count, mostEdits)
        var furthest = [Int](repeating: 0, count: 2 * most + 2)
        var trace: [ArraySlice<Int>] = []
        for depth in 0...most {
            // Of each round only the diagonals it can have changed are kept.
            trace.append(furthest[max(0, most - depth)...min(furthest.count - 1, most + depth)])
            for diagonal in stride(from: -depth, through: depth, by: 2) {
                let down = diagonal == -depth || diagonal != depth && furthest[most + diagonal - 1] < furthest[most + diagonal + 1]
                var x = down ? furthest[most + diagonal + 1] : furthest[most + diagonal - 1] + 1
                var y = x - diagonal
                while x < old.count, y < new.count, old[x] == new[y] { (x, y) = (x + 1, y + 1) }
                furthest[most + diagonal] = x
                if x >= old.count, y >= new.count { return path(trace, most, old.count, new.count) }
            }
        }
        return whole
    }

    private static func path(_ trace: [ArraySlice<Int>], _ middle: Int, _ oldCount: Int, _ newCount: Int) -> [Edit] {
        var edits: [Edit] = []
        var (x, y) = (oldCount, newCount)
        for depth in trace.indices.reversed() {
            let furthest = trace[depth]
            func at(_ diagonal: Int) -> Int {
                furthest.indices.contains(middle + diagonal) ? furthest[middle + diagonal] : 0
            }
            let diagonal = x - y
            let down = diagonal == -depth || diagonal != depth && at(diagonal - 1) < at(diagonal + 1)
            let previous = down ? diagonal + 1 : diagonal - 1
            let fromX = depth == 0 ? 0 : at(previous)
            let fromY = depth == 0 ? 0 : fromX - previous
            while x > fromX, y > fromY {
                edits.append(.keep)
                (x, y) = (x - 1, y - 1)
            }
            guard depth > 0 else { break }
            edits.append(down ? .insert : .remove)
            (x, y) = (fromX, fromY)
        }
        return edits.reversed()
    }
}
