import ClusterObjects

/// A `fieldSelector=` query: dotted paths that must or must not hold a text. Source: k8s.io/apimachinery/pkg/fields.
public struct FieldSelector: Sendable, Hashable {
    public struct Requirement: Sendable, Hashable {
        public var path: String
        public var value: String
        public var isNegated: Bool
        /// Where the value is looked for, the first that is there; a path that is not one of the object stands for another.
        fileprivate var places: [[String]]
        /// What an absent field reads as: zero or false of a number or flag.
        fileprivate var absent: String
    }

    public var requirements: [Requirement] = []

    /// Reads a query; `\\`, `\,` and `\=` stand for themselves.
    ///
    /// - Throws: 400 when it is malformed or names a field that `resource` does not select by.
    public init(_ query: String, resource: Resource) throws(APIError) {
        let known = ["metadata.name"] + (resource.isNamespaced ? ["metadata.namespace"] : []) + resource.selectableFields
        for term in FieldSelector.split(query) where !term.isEmpty {
            guard let mark = term.firstIndex(of: "=") else {
                throw .badRequest("invalid selector: '\(query)'; can't understand '\(term)'")
            }
            var path = term[..<mark]
            var value = term[term.index(after: mark)...]
            let isNegated = path.last == "!"
            if isNegated { path.removeLast() } else if value.first == "=" { value.removeFirst() }
            guard known.contains(String(path)) else {
                if resource.isCustom || !resource.selectableFields.isEmpty { throw .badRequest("field label not supported: \(path)") }
                let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
                throw .badRequest("\"\(path)\" is not a known field selector: only \(list)")
            }
            requirements.append(
                Requirement(
                    path: String(path), value: FieldSelector.unescape(value), isNegated: isNegated,
                    places: FieldSelector.places(String(path), resource), absent: FieldSelector.absent(String(path), resource)))
        }
    }

    /// Whether every requirement holds; an absent field reads as its zero value. O(requirements · fields on the way).
    public func matches(_ object: Tree) -> Bool {
        requirements.allSatisfy { requirement in
            let text = requirement.places.lazy.compactMap { FieldSelector.text($0, object) }.first ?? requirement.absent
            return (text == requirement.value) != requirement.isNegated
        }
    }

    private static func text(_ steps: [String], _ object: Tree) -> String? {
        var place: Tree? = object
        for step in steps { place = place?[step] }
        guard let place, !place.isNull else { return nil }
        let text = place.string ?? String(decoding: place.bytes, as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    private static func places(_ path: String, _ resource: Resource) -> [[String]] {
        let paths: [String] =
            switch (resource.plural, path) {
            case ("jobs", "status.successful"): ["status.succeeded"]
            case ("events", "source"): ["source.component", "reportingComponent"]
            default: [path]
            }
        return paths.map { $0.split(separator: ".").map(String.init) }
    }

    private static func absent(_ path: String, _ resource: Resource) -> String {
        var schema: Schema? = resource.schema
        for step in places(path, resource)[0] { schema = schema?.property(step) }
        return switch schema?.type {
        case .boolean: "false"
        case .integer: "0"
        default: ""
        }
    }

    private static func split(_ query: String) -> [String] {
        var terms = [""]
        var escaped = false
        for character in query {
            if character == ",", !escaped {
                terms.append("")
            } else {
                terms[terms.count - 1].append(character)
            }
            escaped = character == "\\" && !escaped
        }
        return terms
    }

    private static func unescape(_ text: Substring) -> String {
        var result = ""
        var escaped = false
        for character in text {
            if character == "\\", !escaped {
                escaped = true
            } else {
                result.append(character)
                escaped = false
            }
        }
        return result
    }
}
