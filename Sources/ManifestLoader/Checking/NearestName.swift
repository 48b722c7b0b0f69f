/// The known name that a misspelt one most likely means.
enum NearestName {
    /// Nil when none is near: more than a third of the letters differ.
    static func of(_ name: String, among known: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard wanted.count <= 100 else { return nil }
        let limit = max(1, min(wanted.count / 3 + 1, 4))
        var best: (distance: Int, name: String)?
        for candidate in known {
            let distance = distance(wanted, Array(candidate.lowercased().utf8))
            if distance <= limit, (distance, candidate) < (best?.distance ?? .max, best?.name ?? "") { best = (distance, candidate) }
        }
        return best?.name
    }

    /// Levenshtein's: insertions, deletions and replacements. O(n·m).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard abs(a.count - b.count) <= 4 else { return .max }
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
