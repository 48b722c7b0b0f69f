/// `.skiffignore`: which tracked files are no manifests. The syntax is gitignore's: `*`, `?`, `**`, `!`, a leading `/` for the
/// folder of the file itself, a trailing `/` for folders only, `#` comments. The last rule that matches a path decides.
public struct IgnoreRules: Sendable {
    public static let fileName = ".skiffignore"

    private struct Rule {
        var segments: [String]
        var isAnchored: Bool
        var isFolderOnly: Bool
        var isNegated: Bool
    }

    private var rules: [Rule] = []

    public init(_ text: String = "") {
        for line in text.split(whereSeparator: \.isNewline) {
            var pattern = line[...]
            while pattern.last == " " { pattern.removeLast() }
            guard let first = pattern.first, first != "#" else { continue }
            let isNegated = first == "!"
            if isNegated || first == "\\" { pattern.removeFirst() }
            let isFolderOnly = pattern.last == "/"
            if isFolderOnly { pattern.removeLast() }
            let isAnchored = pattern.contains("/")
            let segments = pattern.split(separator: "/").map(String.init)
            guard !segments.isEmpty else { continue }
            rules.append(Rule(segments: segments, isAnchored: isAnchored, isFolderOnly: isFolderOnly, isNegated: isNegated))
        }
    }

    public var isEmpty: Bool { rules.isEmpty }

    /// Whether a file is ignored, itself or by a folder above it. `path` is relative to the folder of the rules.
    public func ignores(_ path: String) -> Bool {
        guard !rules.isEmpty else { return false }
        let segments = path.split(separator: "/").map(String.init)
        for depth in 1..<max(segments.count, 1) where verdict(segments[..<depth], isFolder: true) { return true }
        return verdict(segments[...], isFolder: false)
    }

    private func verdict(_ path: ArraySlice<String>, isFolder: Bool) -> Bool {
        var ignored = false
        for rule in rules where isFolder || !rule.isFolderOnly {
            let matches =
                rule.isAnchored
                ? IgnoreRules.match(rule.segments[...], path) : path.last.map { IgnoreRules.glob(rule.segments[0], $0) } ?? false
            if matches { ignored = !rule.isNegated }
        }
        return ignored
    }

    private static func match(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == "**" {
            let rest = pattern.dropFirst()
            if rest.isEmpty { return !path.isEmpty }
            return (path.startIndex...path.endIndex).contains { match(rest, path[$0...]) }
        }
        guard let segment = path.first else { return false }
        return glob(first, segment) && match(pattern.dropFirst(), path.dropFirst())
    }

    /// `*` and `?` within one segment. Linear with one step back per star.
    private static func glob(_ pattern: String, _ text: String) -> Bool {
        let (p, t) = (Array(pattern.unicodeScalars), Array(text.unicodeScalars))
        var (i, j) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while j < t.count {
            if i < p.count, p[i] == "*" {
                retry = (i, j)
                i += 1
            } else if i < p.count, p[i] == "?" || p[i] == t[j] {
                i += 1
                j += 1
            } else if let (star, start) = retry {
                retry = (star, start + 1)
                i = star + 1
                j = start + 1
            } else {
                return false
            }
        }
        return p[i...].allSatisfy { $0 == "*" }
    }
}
