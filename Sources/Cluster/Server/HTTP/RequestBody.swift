import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport

extension JSONLimits {
    /// As kube-apiserver: 3 MB, which the listener enforces, and a depth that no real object has.
    static let request = JSONLimits(size: 3 << 20, depth: 512)
}

/// Reads the bodies of requests.
enum RequestBody {
    /// The media type, without parameters, in lower case.
    static func mediaType(_ request: HTTPRequest) -> String {
        let header = request.headers.first(name: "Content-Type") ?? ""
        let type = header.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != UInt8(ascii: " ") }
        return String(decoding: type.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// An object's body: JSON, which an absent type means.
    /// - Throws: 415, 400 with Go's words for what is no JSON.
    static func object(
        _ request: HTTPRequest, limits: JSONLimits, kind: String, version: String, yaml: YAMLCodec? = nil, context: RequestContext? = nil
    ) throws(APIError) -> Tree {
        switch mediaType(request) {
        case "", "application/json":
            return try parse(request.body, limits, kind: kind, version: version)
        case "application/yaml" where yaml != nil:
            do {
                guard let (value, repeatedKeys) = try yaml?.parse(request.body) else { return Value.null.tree }
                if !repeatedKeys.isEmpty { try context?.note(repeatedKeys: repeatedKeys, kind: kind, version: version) }
                return value.tree
            } catch let error as APIError {
                throw error
            } catch {
                throw .badRequest("error decoding YAML: \(error)")
            }
        case "application/vnd.kubernetes.protobuf": return try ProtobufDecoder.decode(request.body, kind: kind).tree
        default:
            throw unsupported(["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"])
        }
    }

    private static func parse(_ bytes: [UInt8], _ limits: JSONLimits, kind: String, version: String) throws(APIError) -> Tree {
        do throws(JSONError) { return try Tree(parsing: bytes, limits: limits) } catch {
            throw BodyKind.unrecognized(error.message, bytes, kind)
        }
    }

    static func unsupported(_ types: [String]) -> APIError {
        APIError(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: \(types.joined(separator: ", "))")
    }

    static func patch(_ request: HTTPRequest, _ resource: Resource, yaml: YAMLCodec? = nil) throws(APIError) -> Patch {
        let types =
            resource.isCustom
            ? ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]
            : [
                "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ]
        guard let kind = Patch.Kind(rawValue: mediaType(request)) else {
            throw APIError(
                code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", details: .emptyObject)
        }
        guard types.contains(kind.rawValue) else { throw unsupported(types) }
        if kind == .apply {
            // JSON is YAML, and what clients send.
            do throws(JSONError) {
                let tree = try Tree(parsing: request.body, limits: .request)
                if yaml == nil || !RepeatedFields.exist(in: tree) { return Patch(kind, tree.value) }
            } catch {
                guard yaml != nil, request.body.first != UInt8(ascii: "{") else {
                    throw .badRequest("error decoding YAML: \(error.message)")
                }
            }
            do {
                let (value, repeatedKeys) = try yaml?.parse(request.body) ?? (.null, [])
                return Patch(kind, value, repeatedKeys: repeatedKeys)
            } catch {
                throw .badRequest("error decoding YAML: \(error)")
            }
        }
        do throws(JSONError) { return Patch(kind, try Value(parsing: request.body, limits: .request)) } catch {
            throw .badRequest("error decoding patch: \(error.message)")
        }
    }
}

/// Whether somewhere in a body an object has a field twice. O(size).
enum RepeatedFields {
    static func exist(in tree: Tree) -> Bool {
        if tree.isArray { return tree.elements.contains(where: exist) }
        guard tree.isObject else { return false }
        var seen: Set<String> = []
        return tree.fields.contains { key, value in !seen.insert(key).inserted || exist(in: value) }
    }
}

extension RequestContext {
    /// Warns of keys that a YAML body sets twice, or refuses it for them, as the request asks.
    func note(repeatedKeys: [String], kind: String, version: String) throws(APIError) {
        switch options.fieldValidation {
        case "Ignore": return
        case "Strict":
            let problem = (["yaml: unmarshal errors:"] + repeatedKeys.map { "  \($0)" }).joined(separator: "\n")
            if let error = ObjectDecoder.strictError([problem], kind: kind, version: version) { throw error }
        default: warn(repeatedKeys)
        }
    }
}
