/// `.skiffignore`: which tracked files are no manifests. The syntax is gitignore's: `*`, `?`, `[a-z]`, `**`, `!`, a leading `/` for the
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
            if isNegated { pattern.removeFirst() }
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

    private enum Token: Equatable {
        case star, one
        case scalar(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)

        func matches(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .star, .one: true
            case .scalar(let own): own == scalar
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
            }
        }
    }

    private static func tokens(_ pattern: String) -> [Token] {
        var tokens: [Token] = []
        var rest = Array(pattern.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": tokens.append(.star)
            case "?": tokens.append(.one)
            case "\\": tokens.append(.scalar(rest.popFirst() ?? scalar))
            case "[":
                // One that nothing closes is itself.
                if let set = set(&rest) { tokens.append(set) } else { tokens.append(.scalar(scalar)) }
            default: tokens.append(.scalar(scalar))
            }
        }
        return tokens
    }

    /// What stands between brackets; nil when no bracket closes them.
    private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> Token? {
        var inner = rest
        let isNegated = inner.first == "!" || inner.first == "^"
        if isNegated { inner.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let scalar = inner.popFirst() {
            // One that comes first closes nothing.
            if scalar == "]", !ranges.isEmpty {
                rest = inner
                return .set(ranges, isNegated: isNegated)
            }
            var last = scalar
            if inner.first == "-", let end = inner.dropFirst().first, end != "]" {
                inner = inner.dropFirst(2)
                last = end
            }
            if scalar <= last { ranges.append(scalar...last) }
        }
        return nil
    }

    /// `*`, `?` and `[a-z]` within one segment. Linear with one step back per star.
    private static func glob(_ pattern: String, _ text: String) -> Bool {
        let (p, t) = (tokens(pattern), Array(text.unicodeScalars))
        var (i, j) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while j < t.count {
            if i < p.count, p[i] == .star {
                retry = (i, j)
                i += 1
            } else if i < p.count, p[i].matches(t[j]) {
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
        return p[i...].allSatisfy { $0 == .star }
    }
}
