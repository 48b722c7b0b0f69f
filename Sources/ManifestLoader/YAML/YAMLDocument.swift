import ClusterObjects

/// One document of a stream: its value, and where each part of it is written.
public struct YAMLDocument: Sendable {
    public var value: Value
    public var source: SourceMap

    public init(value: Value, source: SourceMap) {
        self.value = value
        self.source = source
    }
}

/// Where every field and element of a value is written.
///
/// Positions stand in the order of a walk over the value (fields sorted by key), 8 bytes each; looking one up walks the value
/// again, which only error messages and drift do.
public struct SourceMap: Sendable {
    var positions: [SourcePosition]

    public init(positions: [SourcePosition] = []) { self.positions = positions }

    /// Where the document starts.
    public var start: SourcePosition { positions.first ?? SourcePosition(line: 1, column: 1) }

    /// Where the field or element at a path of `value` is written, or the nearest part around it that is. O(size of the value).
    public func position(of path: [PathStep], in value: Value) -> SourcePosition {
        var index = 0
        var current = value
        for step in path {
            var child: (index: Int, value: Value)?
            var next = index + 1
            switch (step, current) {
            case (.field(let name), .object(let fields)):
                for (key, field) in fields {
                    if key == name {
                        child = (next, field)
                        break
                    }
                    next += SourceMap.span(field)
                }
            case (.index(let wanted), .array(let elements)):
                for (place, element) in elements.enumerated() {
                    if place == wanted {
                        child = (next, element)
                        break
                    }
                    next += SourceMap.span(element)
                }
            default: break
            }
            guard let child else { break }
            (index, current) = (child.index, child.value)
        }
        return index < positions.count ? positions[index] : start
    }

    static func span(_ value: Value) -> Int {
        switch value {
        case .array(let elements): elements.reduce(1) { $0 + span($1) }
        case .object(let fields): fields.reduce(1) { $0 + span($1.value) }
        default: 1
        }
    }

    /// The part of this map that belongs to `value.items[index]` of a List.
    func part(at path: [PathStep], in value: Value) -> SourceMap {
        var index = 0
        var current = value
        for step in path {
            index += 1
            switch (step, current) {
            case (.field(let name), .object(let fields)):
                var found: Value = .null
                for (key, field) in fields {
                    if key == name {
                        found = field
                        break
                    }
                    index += SourceMap.span(field)
                }
                current = found
            case (.index(let wanted), .array(let elements)) where wanted < elements.count:
                for element in elements[..<wanted] { index += SourceMap.span(element) }
                current = elements[wanted]
            default: return self
            }
        }
        let end = index + SourceMap.span(current)
        guard end <= positions.count else { return self }
        return SourceMap(positions: Array(positions[index..<end]))
    }
}

/// A step into a value.
public enum PathStep: Sendable, Hashable, CustomStringConvertible {
    case field(String)
    case index(Int)

    public var description: String {
        switch self {
        case .field(let name): name
        case .index(let index): "[\(index)]"
        }
    }
}

extension [PathStep] {
    /// Reads what ``Swift/Sequence/fieldText`` writes, and Kubernetes: `spec.ports[0].name`, `data[tls.crt]`; nil for what is neither.
    public init?(fieldText: String) {
        self = []
        var rest = fieldText[...]
        while !rest.isEmpty {
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let text = String(rest[rest.index(after: rest.startIndex)..<end])
                append(Int(text).map { .index($0) } ?? .field(text))
                rest = rest[rest.index(after: end)...]
            } else {
                if rest.first == "." { rest.removeFirst() }
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                append(.field(String(name)))
                rest = rest.dropFirst(name.count)
            }
        }
    }
}

extension Sequence where Element == PathStep {
    /// As Kubernetes writes a field: `spec.template.spec.containers[0].image`; keys that hold dots or slashes in brackets.
    public var fieldText: String {
        var text = ""
        for step in self {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .field(let name) where name.contains(where: { ".[]/ ".contains($0) }): text += "[\(name)]"
            case .field(let name): text += text.isEmpty ? name : ".\(name)"
            }
        }
        return text
    }
}
