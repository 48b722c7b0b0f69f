import ClusterTransport

/// `/livez`, `/readyz` and `/healthz`, which answer everybody.
enum HealthChecks {
    private static let checks = ["ping", "log", "store"]

    /// Nil for another path.
    static func answer(_ request: HTTPRequest, _ server: APIServer) -> HTTPResponse? {
        guard request.path.hasPrefix("/livez") || request.path.hasPrefix("/readyz") || request.path.hasPrefix("/healthz") else {
            return nil
        }
        let parts = RequestPath.split(request.path)
        guard let name = parts.first, ["livez", "readyz", "healthz"].contains(name), parts.count <= 2 else { return nil }
        if parts.count == 2 {
            return checks.contains(parts[1]) ? ResponseBytes.text("ok") : ResponseBytes.pageNotFound
        }
        let query = Query(request.query)
        guard query.has("verbose") else { return ResponseBytes.text("ok") }
        let excluded = Set(query.all("exclude"))
        let lines = checks.map { excluded.contains($0) ? "[+]\($0) excluded: ok\n" : "[+]\($0) ok\n" }
        return ResponseBytes.text(lines.joined() + "\(name) check passed\n")
    }
}
