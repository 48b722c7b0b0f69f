import ClusterTransport

/// Long answers, made shorter for clients that take them so. Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.
enum GzipAnswer {
    /// Bytes of a body up to which sending them is cheaper than making them fewer.
    private static let threshold = 128 << 10

    /// Whether this answer is to be made shorter.
    static func applies(to response: HTTPResponse, for request: HTTPRequest) -> Bool {
        guard case .bytes(let bytes) = response.body, bytes.count > threshold, request.method != "HEAD",
            let accepted = request.headers.first(name: "Accept-Encoding")
        else { return false }
        return accepted.split(separator: ",").contains { $0.filter { $0 != " " } == "gzip" }
    }

    static func converted(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
        guard applies(to: response, for: request), case .bytes(let bytes) = response.body, let shorter = Gzip.compressed(bytes)
        else { return response }
        var response = response
        response.headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        response.body = .bytes(shorter)
        return response
    }
}
