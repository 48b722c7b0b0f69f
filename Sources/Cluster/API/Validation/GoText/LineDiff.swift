/// A unified diff of lines with three lines of context, without the header that names files.
enum LineDiff {
    private static let context = 3

    /// Empty when nothing differs. O(n·m) in what differs between the common start and end.
    static func unified(_ old: [String], _ new: [String]) -> String {
        let edits = script(old, new)
        var text = ""
        var index = 0
        while index < edits.count {
            guard edits[index].kind != " " else {
                index += 1
                continue
            }
            // A hunk goes on while the next change is at most twice the context away.
            let start = max(0, index - context)
            var end = index
            var quiet = 0
            while end < edits.count, quiet <= 2 * context {
                quiet = edits[end].kind == " " ? quiet + 1 : 0
                end += 1
            }
            end = min(edits.count, end - max(0, quiet - context))
            let hunk = edits[start..<end]
            let (oldCount, newCount) = (hunk.count { $0.kind != "+" }, hunk.count { $0.kind != "-" })
            let first = hunk[start]
            text += "@@ -\(range(first.old, oldCount)) +\(range(first.new, newCount)) @@\n"
            text += hunk.map { "\($0.kind)\($0.line)\n" }.joined()
            index = end
        }
        return text
    }

    private struct Edit {
        var kind: Character
        var line: String
        /// Lines before this one, in the old and in the new text.
        var old: Int
        var new: Int
    }

    private static func range(_ before: Int, _ count: Int) -> String {
        count == 1 ? "\(before + 1)" : count == 0 ? "\(before),0" : "\(before + 1),\(count)"
    }

    private static func script(_ old: [String], _ new: [String]) -> [Edit] {
        var head = 0
        while head < old.count, head < new.count, old[head] == new[head] { head += 1 }
        var tail = 0
        while tail < old.count - head, tail < new.count - head, old[old.count - 1 - tail] == new[new.count - 1 - tail] { tail += 1 }
        let (a, b) = (Array(old[head..<(old.count - tail)]), Array(new[head..<(new.count - tail)]))
        var edits: [Edit] = []
        func keep(_ range: Range<Int>, shift: Int) {
            for index in range { edits.append(Edit(kind: " ", line: old[index], old: index, new: index + shift)) }
        }
        keep(0..<head, shift: 0)
        edits += middle(a, b, head)
        keep((old.count - tail)..<old.count, shift: new.count - old.count)
        return edits
    }

    private static func middle(_ a: [String], _ b: [String], _ offset: Int) -> [Edit] {
        var edits: [Edit] = []
        var (i, j) = (0, 0)
        // Beyond this all of it counts as changed.
        let table = a.count * b.count <= 4_000_000 ? lengths(a, b) : nil
        while i < a.count || j < b.count {
            if let table, i < a.count, j < b.count, a[i] == b[j] {
                edits.append(Edit(kind: " ", line: a[i], old: offset + i, new: offset + j))
                i += 1
                j += 1
                _ = table
            } else if i < a.count, j >= b.count || table == nil || (table?[i + 1][j] ?? 0) >= (table?[i][j + 1] ?? 0) {
                edits.append(Edit(kind: "-", line: a[i], old: offset + i, new: offset + j))
                i += 1
            } else {
                edits.append(Edit(kind: "+", line: b[j], old: offset + i, new: offset + j))
                j += 1
            }
        }
        return edits
    }

    /// Lengths of the longest common subsequences of the ends from each place on.
    private static func lengths(_ a: [String], _ b: [String]) -> [[Int]] {
        var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in stride(from: a.count - 1, through: 0, by: -1) {
            for j in stride(from: b.count - 1, through: 0, by: -1) {
                table[i][j] = a[i] == b[j] ? table[i + 1][j + 1] + 1 : max(table[i + 1][j], table[i][j + 1])
            }
        }
        return table
    }
}
