import ClusterAPI
import ClusterObjects
import ClusterTransport

/// The answer to a client that prefers protobuf over JSON, where the answer has such a form.
enum ProtobufAnswer {
    /// What stands in an `Accept` header before anything else that can be given.
    private enum Preference { case other, protobuf, protobufElseJSON }

    static func converted(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
        guard let header = request.headers.first(name: "Accept"), header.contains("protobuf") else { return response }
        let preference = preference(header)
        guard preference != .other, case .bytes(let bytes) = response.body, !bytes.isEmpty,
            let index = response.headers.firstIndex(where: { $0 == ResponseBytes.json }), let value = try? Value(parsing: bytes)
        else { return response }
        var response = response
        var body = ProtobufEncoder.encode(value)
        if body == nil {
            if preference == .protobufElseJSON { return response }
            response.status = Accepted.notAcceptable.code
            body = ProtobufEncoder.encode(Accepted.notAcceptable.status)
        }
        guard let body else { return response }
        response.headers[index] = ("Content-Type", ProtobufEncoder.mediaType)
        response.body = .bytes(body)
        return response
    }

    private static func preference(_ header: String) -> Preference {
        var preference = Preference.other
        for part in header.split(separator: ",").prefix(32) {
            let type = part.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
            switch type {
            case ProtobufEncoder.mediaType: if preference == .other { preference = .protobuf }
            case _ where Accepted.general.contains(type):
                return preference == .protobuf ? .protobufElseJSON : .other
            default: continue
            }
        }
        return preference
    }
}
