import ClusterObjects

/// A `fieldSelector=` query: dotted paths that must or must not hold a text. Source: k8s.io/apimachinery/pkg/fields.
public struct FieldSelector: Sendable, Hashable {
    public struct Requirement: Sendable, Hashable {
        public var path: String
        public var value: String
        public var isNegated: Bool
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
                let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
                throw .badRequest("\"\(path)\" is not a known field selector: only \(list)")
            }
            requirements.append(Requirement(path: String(path), value: FieldSelector.unescape(value), isNegated: isNegated))
        }
    }

    /// Whether every requirement holds; an absent field reads as the empty text. O(requirements · fields on the way).
    public func matches(_ object: Tree) -> Bool {
        requirements.allSatisfy { requirement in
            var place: Tree? = object
            for step in requirement.path.split(separator: ".") { place = place?[String(step)] }
            let text =
                place.map { $0.string ?? ($0.isNull ? "" : String(decoding: $0.bytes, as: UTF8.self)) } ?? ""
            return (text == requirement.value) != requirement.isNegated
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
