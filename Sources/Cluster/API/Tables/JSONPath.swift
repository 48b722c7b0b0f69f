import ClusterObjects

/// The JSONPaths that columns of custom resources use: `.a.b`, `['a']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `..a` and `[?(@.type=="Ready")]`.
/// Source: k8s.io/client-go/util/jsonpath.
public struct JSONPath: Sendable {
    private enum Step: Sendable {
        case field(String)
        case wildcard
        case descendants
        case index(Int)
        case slice(Int?, Int?)
        case filter(path: [String], comparison: String, value: Value?)
    }

    private var steps: [Step] = []

    /// Nil when `text` is no path of these.
    public init?(_ text: String) {
        var rest = Substring(text)
        if rest.first == "$" { rest.removeFirst() }
        if rest.isEmpty { return nil }
        while let character = rest.first {
            switch character {
            case ".":
                rest.removeFirst()
                if rest.first == "." {
                    steps.append(.descendants)
                    rest.removeFirst()
                }
                if rest.first == "[" { continue }
                let name = JSONPath.name(&rest)
                if name.isEmpty { return nil }
                steps.append(name == "*" ? .wildcard : .field(name))
            case "[":
                guard let end = JSONPath.closing(rest), let step = JSONPath.bracketed(rest[rest.index(after: rest.startIndex)..<end])
                else { return nil }
                steps.append(step)
                rest = rest[rest.index(after: end)...]
            default: return nil
            }
        }
    }

    /// The first value at the path.
    public func first(in object: Tree) -> Tree? { all(in: object).first }

    /// Every value at the path, at most 1000 on the way.
    public func all(in object: Tree) -> [Tree] {
        var found = [object]
        for step in steps {
            found = Array(found.flatMap { JSONPath.follow(step, $0) }.prefix(1000))
            if found.isEmpty { break }
        }
        return found
    }

    private static func follow(_ step: Step, _ tree: Tree) -> [Tree] {
        switch step {
        case .field(let name): return tree[name].map { [$0] } ?? []
        case .wildcard: return tree.isArray ? Array(tree.elements) : tree.fields.map(\.value)
        case .descendants:
            let children = tree.isArray ? Array(tree.elements) : tree.fields.map(\.value)
            return [tree] + children.flatMap { follow(.descendants, $0) }
        case .index(let index):
            let elements = Array(tree.elements)
            let position = index < 0 ? elements.count + index : index
            return elements.indices.contains(position) ? [elements[position]] : []
        case .slice(let from, let to):
            let elements = Array(tree.elements)
            func bound(_ value: Int?, _ fallback: Int) -> Int {
                guard let value else { return fallback }
                return min(max(value < 0 ? elements.count + value : value, 0), elements.count)
            }
            let (start, end) = (bound(from, 0), bound(to, elements.count))
            return start < end ? Array(elements[start..<end]) : []
        case .filter(let path, let comparison, let wanted):
            return tree.elements.filter { element in
                var place: Tree? = element
                for name in path { place = place?[name] }
                guard let value = place else { return false }
                return wanted.map { holds(value.value, comparison, $0) } ?? true
            }
        }
    }

    private static func holds(_ value: Value, _ comparison: String, _ wanted: Value) -> Bool {
        switch comparison {
        case "==": return value == wanted || (value.double != nil && value.double == wanted.double)
        case "!=": return value != wanted
        default:
            if let left = value.double, let right = wanted.double { return ordered(left, comparison, right) }
            if let left = value.string, let right = wanted.string { return ordered(left, comparison, right) }
            return false
        }
    }

    private static func ordered<T: Comparable>(_ left: T, _ comparison: String, _ right: T) -> Bool {
        switch comparison {
        case "<": left < right
        case "<=": left <= right
        case ">": left > right
        case ">=": left >= right
        default: false
        }
    }

    // MARK: - Reading

    /// A field's name up to the next step; a backslash takes what follows as it is.
    private static func name(_ rest: inout Substring) -> String {
        var name = ""
        while let character = rest.first, character != ".", character != "[" {
            rest.removeFirst()
            if character == "\\", let next = rest.popFirst() { name.append(next) } else { name.append(character) }
        }
        return name
    }

    /// Where the bracket that `text` begins with closes, quotes and inner brackets passed over.
    private static func closing(_ text: Substring) -> Substring.Index? {
        var quote: Character?
        var depth = 0
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "[" {
                depth += 1
            } else if character == "]" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    private static func bracketed(_ text: Substring) -> Step? {
        if text == "*" { return .wildcard }
        if let quoted = unquoted(text) { return .field(quoted) }
        if text.hasPrefix("?("), text.hasSuffix(")") { return filter(text.dropFirst(2).dropLast()) }
        if let index = Int(text) { return .index(index) }
        let bounds = text.split(separator: ":", omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return nil }
        for bound in bounds where !bound.isEmpty && Int(bound) == nil { return nil }
        return .slice(Int(bounds[0]), Int(bounds[1]))
    }

    private static func filter(_ text: Substring) -> Step? {
        guard text.hasPrefix("@") else { return nil }
        var rest = text.dropFirst()
        var left = ""
        while let character = rest.first, !"=!<> ".contains(character) {
            left.append(character)
            rest.removeFirst()
        }
        let path = left.split(separator: ".").map(String.init)
        rest = rest.drop { $0 == " " }
        if rest.isEmpty { return .filter(path: path, comparison: "", value: nil) }
        let comparison = String(rest.prefix { "=!<>".contains($0) })
        let right = rest.dropFirst(comparison.count).drop { $0 == " " }
        guard ["==", "!=", "<", "<=", ">", ">="].contains(comparison) else { return nil }
        if let text = unquoted(right) { return .filter(path: path, comparison: comparison, value: .string(text)) }
        guard let value = try? Value(parsing: String(right)) else { return nil }
        return .filter(path: path, comparison: comparison, value: value)
    }

    private static func unquoted(_ text: Substring) -> String? {
        guard text.count >= 2, let mark = text.first, mark == "'" || mark == "\"", text.last == mark else { return nil }
        return String(text.dropFirst().dropLast())
    }
}
