import ClusterAPI
import ClusterObjects
import ManifestLoader

/// An object that could not be applied or deleted, and why.
public struct ObjectFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public var id: ObjectID
    /// Where it is written; empty for what is deleted because no file has it.
    public var file: String
    public var line: Int
    /// Of the field that the server does not take; 0 when it names none.
    public var column: Int
    public var message: String

    /// What the server did not take of a manifest.
    init(_ object: LoadedObject, _ error: APIError) {
        id = object.id
        file = object.file
        (line, column) = (object.line, 0)
        let fields = (error.details?["causes"]?.array ?? []).compactMap { $0["field"]?.string }
        if let path = fields.lazy.compactMap({ [PathStep](fieldText: $0) }).first(where: { !$0.isEmpty }) {
            let position = object.location(of: path)
            (line, column) = (Int(position.line), Int(position.column))
        }
        message = ObjectFailure.withoutLongValues(error.message) + ObjectFailure.advice(error, object)
    }

    /// What could not be deleted.
    init(_ entry: InventoryEntry, _ error: APIError) {
        id = entry.id
        (file, line, column) = ("", 0, 0)
        message = "not deleted: \(error.message)"
    }

    /// `apps/web.yaml:3:5: Deployment shop/web: …`
    public var description: String {
        let place = file.isEmpty ? "" : column > 0 ? "\(file):\(line):\(column): " : "\(file):\(line): "
        return "\(place)\(id): \(message)"
    }

    public var value: Value {
        [
            "object": .string(id.description), "file": .string(file), "line": Value(line), "column": Value(column),
            "message": .string(message),
        ]
    }

    // MARK: - In plain words

    /// A value that is longer than this says less than what stands behind it.
    private static let longestValue = 120

    /// Kubernetes writes out what it does not take, a whole pod template for example, before it says why: that is left out.
    static func withoutLongValues(_ message: String) -> String {
        var result = ""
        var rest = message[...]
        while let range = rest.firstRange(of: "Invalid value: ") {
            result += rest[..<range.upperBound]
            rest = rest[range.upperBound...]
            let value = bracketed(rest)
            result += value.count > longestValue ? "{…}" : value
            rest = rest.dropFirst(value.count)
        }
        return result + rest
    }

    /// The object or list in JSON that a text begins with; empty when it begins with neither.
    private static func bracketed(_ text: Substring) -> Substring {
        guard text.first == "{" || text.first == "[" else { return text.prefix(0) }
        var (depth, isQuoted, isEscaped) = (0, false, false)
        for index in text.indices {
            switch text[index] {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "{" where !isQuoted, "[" where !isQuoted: depth += 1
            case "}" where !isQuoted, "]" where !isQuoted:
                depth -= 1
                if depth == 0 { return text[...index] }
            default: break
            }
        }
        return text.prefix(0)
    }

    /// What to do about errors that come again and again.
    private static func advice(_ error: APIError, _ object: LoadedObject) -> String {
        if error.message.contains("field is immutable") {
            let place = object.isNamespaced ? " -n \(object.namespace)" : ""
            return ": give it another name, or delete the live one (kubectl delete \(object.resource.resource) \(object.name)\(place))"
        }
        if error.isNotFound, error.details?["kind"]?.string == "namespaces" {
            return ": add a Namespace \(object.namespace), or change metadata.namespace"
        }
        return ""
    }
}
