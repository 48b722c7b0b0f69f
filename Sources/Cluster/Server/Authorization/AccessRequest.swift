import ClusterAPI
import ClusterClient
import ClusterObjects

/// What somebody wants to do, as authorizers see it: a verb on a resource, or on a path that is no resource's.
struct AccessRequest: Sendable, Hashable {
    var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; of a path the HTTP method in lower case.
    var verb: String
    /// The path, where the request is not about a resource; nil where it is.
    var path: String?
    var group = ""
    var resource = ""
    var subresource = ""
    /// Empty for cluster scope and for all namespaces.
    var namespace = ""
    /// Empty for a collection, unless a field selector names the one object wanted.
    var name = ""
    /// As in the query of a list or watch.
    var fieldSelector = ""
    /// The resource as rules name it: `pods`, `pods/log`.
    private(set) var combinedResource = ""

    /// About a path such as `/metrics`.
    init(_ user: UserInfo, _ verb: String, path: String) {
        self.user = user
        self.verb = verb
        self.path = path
    }

    /// About a resource.
    init(
        _ user: UserInfo, _ verb: String, group: String, resource: String, subresource: String = "", namespace: String = "",
        name: String = "", fieldSelector: String = ""
    ) {
        self.user = user
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.fieldSelector = fieldSelector
        combinedResource = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
        if name.isEmpty, verb == "list" || verb == "watch" || verb == "deletecollection" {
            self.name = selected("metadata.name") ?? ""
        }
    }

    /// The value that the field selector wants a field to equal; nil when it says nothing of it.
    func selected(_ field: String) -> String? {
        guard !fieldSelector.isEmpty else { return nil }
        for term in fieldSelector.split(separator: ",") {
            guard let mark = term.firstIndex(of: "="), term[..<mark] == field else { continue }
            var value = term[term.index(after: mark)...]
            if value.first == "=" { value.removeFirst() }
            return value.contains("\\") ? nil : String(value)
        }
        return nil
    }

    /// The refusal. Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go.
    /// - Parameter reason: what the authorizers said; empty for nothing.
    func refusal(_ reason: String) -> APIError {
        let why = reason.isEmpty ? sentence : "\(sentence): \(reason)"
        guard path == nil else {
            return APIError(code: 403, reason: "Forbidden", message: "forbidden: \(why)", details: .emptyObject)
        }
        return .forbidden(GroupResource(group, resource), name, why)
    }

    private var sentence: String {
        let who = GoQuoted.text(user.name)
        if let path { return "User \(who) cannot \(verb) path \(GoQuoted.text(path))" }
        let scope = namespace.isEmpty ? "at the cluster scope" : "in the namespace \(GoQuoted.text(namespace))"
        return
            "User \(who) cannot \(verb) resource \(GoQuoted.text(combinedResource)) in API group \(GoQuoted.text(group)) \(scope)"
    }
}

/// Texts as Go's `%q` writes them.
enum GoQuoted {
    static func text(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\x" + (digits.count < 2 ? "0" : "") + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// A slice of texts: `["a" "b"]`.
    static func list(_ texts: [String]) -> String { "[\(texts.map(text).joined(separator: " "))]" }
}
