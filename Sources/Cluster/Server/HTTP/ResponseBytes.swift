import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import ClusterTransport

/// Puts objects, lists and errors into the form a client asked for.
enum ResponseBytes {
    static let json = ("Content-Type", "application/json")

    static func status(_ error: APIError) -> HTTPResponse {
        var headers = [json]
        if let seconds = error.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        return HTTPResponse(status: error.code, headers: headers, body: .bytes(error.status.json))
    }

    static func value(_ value: Value, status: Int = 200, type: String = "application/json") -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", type)], body: .bytes(value.json))
    }

    static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")],
            body: .bytes(Array(text.utf8)))
    }

    static let pageNotFound = text("404 page not found\n", status: 404)

    static let noSuchResource = APIError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: .emptyObject)

    /// One object.
    static func object(_ written: Written, _ accepted: Accepted, _ resource: Resource, status: Int = 200) throws(APIError) -> HTTPResponse {
        switch accepted.shape {
        case .object: return HTTPResponse(status: status, headers: [json], body: .bytes(written.bytes))
        case .partial:
            let metadata = written.object.metadata?.bytes ?? []
            return HTTPResponse(status: status, headers: [json], body: .bytes(partial(metadata, accepted.version)))
        case .table: return HTTPResponse(status: status, headers: [json], body: .bytes(table(written.object, accepted, resource)))
        case .partialList:
            throw Accepted.notAList(
                "PartialObjectMetadataList", of: "\(BodyKind.package(resource.group)).\(resource.kind)", isList: false)
        }
    }

    static func partial(_ metadata: some Sequence<UInt8>, _ version: String) -> [UInt8] {
        var bytes = Array(#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/\#(version)","metadata":"#.utf8)
        bytes.append(contentsOf: metadata)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The metadata of an object as read.
    static func partial(_ object: StoredObject, _ version: String) -> [UInt8] {
        partial((try? Tree(parsing: ObjectBytes.read(object, as: nil)))?["metadata"]?.bytes ?? [], version)
    }

    /// A page of a list.
    static func list(_ page: Page, _ accepted: Accepted, _ resource: Resource) throws(APIError) -> HTTPResponse {
        switch accepted.shape {
        case .object:
            // Items of built-in kinds leave out what the list's kind says.
            let prefix = ObjectBytes.prefix(resource.isCustom ? resource.gvk : nil)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(page.objects.reduce(256) { $0 + $1.bytes.count + prefix.count + 24 })
            head(&bytes, kind: resource.listKind, apiVersion: resource.apiVersion, page, continuesAlways: resource.isCustom)
            bytes.append(contentsOf: #","items":["#.utf8)
            for (index, object) in page.objects.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                ObjectBytes.append(object, prefix: prefix, to: &bytes)
            }
            bytes.append(contentsOf: "]}".utf8)
            return HTTPResponse(status: 200, headers: [json], body: .bytes(bytes))
        case .table: return HTTPResponse(status: 200, headers: [json], body: .bytes(table(page, accepted, resource)))
        case .partial, .partialList:
            if accepted.shape == .partial {
                throw Accepted.notAList(
                    "PartialObjectMetadata", of: "\(BodyKind.package(resource.group)).\(resource.listKind)", isList: true)
            }
            var bytes: [UInt8] = []
            head(&bytes, kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/\(accepted.version)", page)
            bytes.append(contentsOf: #","items":"#.utf8)
            if page.objects.isEmpty {
                bytes.append(contentsOf: "null".utf8)
            } else {
                for (index, object) in page.objects.enumerated() {
                    bytes.append(UInt8(ascii: index == 0 ? "[" : ","))
                    bytes.append(contentsOf: partial(object, accepted.version))
                }
                bytes.append(UInt8(ascii: "]"))
            }
            bytes.append(UInt8(ascii: "}"))
            return HTTPResponse(status: 200, headers: [json], body: .bytes(bytes))
        }
    }

    /// - Parameter continuesAlways: say `continue` also of the last page, as lists of custom resources do.
    private static func head(
        _ bytes: inout [UInt8], kind: String, apiVersion: String, _ page: Page, continuesAlways: Bool = false
    ) {
        bytes.append(
            contentsOf: #"{"kind":"\#(kind)","apiVersion":"\#(apiVersion)","metadata":{"resourceVersion":"\#(page.revision)""#.utf8)
        if continuesAlways || !page.continueToken.isEmpty {
            bytes.append(contentsOf: #","continue":"\#(page.continueToken)""#.utf8)
        }
        if let remaining = page.remaining { bytes.append(contentsOf: #","remainingItemCount":\#(remaining)"#.utf8) }
        bytes.append(UInt8(ascii: "}"))
    }

    /// What a deletion that left nothing answers with.
    static func deleted(_ target: Target, uid: String) -> Value {
        var details: Value = ["name": .string(target.name), "kind": .string(target.resource.plural), "uid": .string(uid)]
        if !target.resource.group.isEmpty { details["group"] = .string(target.resource.group) }
        return ["kind": "Status", "apiVersion": "v1", "metadata": .emptyObject, "status": "Success", "details": details]
    }
}
