import ClusterAPI
import ClusterTransport

/// `/debug/pprof`, served with `--profiling`: what kube-apiserver has there of use here, for `go tool pprof` and `curl`.
enum ProfileDocuments {
    private static let seconds = 1...300

    /// The document at a path below `/debug/pprof`; nil for any other.
    static func answer(_ request: HTTPRequest, _ parts: [String]) throws(APIError) -> HTTPResponse? {
        guard parts.starts(with: ["debug", "pprof"]) else { return nil }
        guard request.method == "GET" || request.method == "HEAD" else { throw Call.methodNotAllowed }
        switch parts.dropFirst(2) {
        case []: return ResponseBytes.text("profile?seconds=30  where processor time is spent, for `go tool pprof`\n")
        case ["profile"]: return try profile(request)
        default: return ResponseBytes.pageNotFound
        }
    }

    private static func profile(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
        let asked = Query(request.query)["seconds"]
        guard let length = asked.isEmpty ? 30 : Int(asked), seconds ~= length else {
            throw .badRequest("seconds must be a number from \(seconds.lowerBound) to \(seconds.upperBound)")
        }
        let recording: ProcessorProfile.Recording?
        do { recording = try ProcessorProfile.Recording() } catch {
            throw .internalError("could not enable CPU profiling: \(error.message)")
        }
        guard let recording else { throw .internalError("could not enable CPU profiling: a profile is being taken already") }
        var response = HTTPResponse(status: 200)
        response.headers = [
            ("Content-Type", "application/octet-stream"), ("Content-Disposition", "attachment; filename=\"profile\""),
        ]
        // As a stream it is given up when the client leaves or the server ends.
        response.body = .stream { writer in
            let taken = try await recording.profile(after: .seconds(length))
            let bytes = PprofBytes.bytes(taken, programs: MappedProgram.all())
            try await writer.write(Gzip.compressed(bytes) ?? bytes)
        }
        return response
    }
}
