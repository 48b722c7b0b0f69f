import ClusterAPI

/// In which form a client wants its answer.
struct Accepted: Sendable {
    enum Shape: Sendable { case object, partial, partialList, table }

    var shape = Shape.object
    /// `v1` or `v1beta1` of meta.k8s.io.
    var version = "v1"
    /// What the rows of a table carry.
    var included = TableRenderer.IncludedObject.metadata
    /// The `as=` parameter's whole media type, for the Content-Type of aggregated discovery.
    var aggregated: String?

    /// Reads an `Accept` header: the first form that can be given.
    /// - Parameters:
    ///   - isDiscovery: whether aggregated discovery can be asked for.
    ///   - isStream: whether the answer is a watch, which is given in JSON only.
    /// - Throws: 406.
    init(_ header: String?, isDiscovery: Bool = false, isStream: Bool = false) throws(APIError) {
        guard let header, !header.isEmpty else { return }
        // What nearly everybody asks for.
        if header == "application/json" || header == "*/*" { return }
        var knowsType = false
        for part in header.split(separator: ",").prefix(32) {
            let pieces = part.split(separator: ";").map { Accepted.trim($0) }
            guard let type = pieces.first else { continue }
            var parameters: [String: String] = [:]
            for piece in pieces.dropFirst() {
                let sides = piece.split(separator: "=", maxSplits: 1).map { Accepted.trim($0) }
                if sides.count == 2 { parameters[sides[0].lowercased()] = sides[1] }
            }
            switch type {
            case _ where Accepted.general.contains(type): break
            case ProtobufEncoder.mediaType where !isStream && parameters["as"] != "Table": break
            default: continue
            }
            knowsType = true
            guard let wanted = parameters["as"] else { return }
            switch (wanted, parameters["g"], parameters["v"]) {
            case ("PartialObjectMetadata", "meta.k8s.io", "v1"?), ("PartialObjectMetadata", "meta.k8s.io", "v1beta1"?):
                if isDiscovery { continue }
                shape = .partial
                version = parameters["v"] ?? "v1"
            case ("PartialObjectMetadataList", "meta.k8s.io", "v1"?), ("PartialObjectMetadataList", "meta.k8s.io", "v1beta1"?):
                if isDiscovery { continue }
                shape = .partialList
                version = parameters["v"] ?? "v1"
            case ("Table", "meta.k8s.io", "v1"?), ("Table", "meta.k8s.io", "v1beta1"?):
                if isDiscovery { continue }
                shape = .table
                version = parameters["v"] ?? "v1"
            case ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") where isDiscovery:
                aggregated = Discovery.aggregatedMediaType
            default: continue
            }
            return
        }
        throw knowsType ? Accepted.notAcceptable : Accepted.noRepresentation
    }

    /// In which everything can be given.
    static let general: Set<String> = ["application/json", "application/yaml", "*/*", "application/*"]

    /// Whether one of these media types stands in an `Accept` header before any form that everything can be given in.
    static func prefers(_ types: [String], in header: String?) -> Bool {
        for part in (header ?? "").split(separator: ",").prefix(32) {
            let type = trim(part.prefix { $0 != ";" })
            if types.contains(type) { return true }
            if general.contains(type) { return false }
        }
        return false
    }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    /// None of the media types is one of the server's.
    static var noRepresentation: APIError {
        APIError(
            code: 406, reason: "NotAcceptable",
            message:
                "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf",
            details: .emptyObject)
    }

    static func notAList(_ kind: String, of resource: String, isList: Bool) -> APIError {
        APIError(
            code: 406, reason: "NotAcceptable",
            message: isList
                ? "you requested \(kind), but the requested object is a list (*\(resource))"
                : "you requested \(kind), but the requested object is not a list (*\(resource))")
    }

    static var notAcceptable: APIError {
        APIError(
            code: 406, reason: "NotAcceptable",
            message:
                "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        )
    }
}
