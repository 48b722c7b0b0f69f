import ClusterStore
import ClusterTransport

/// `/livez`, `/readyz` and `/healthz`, which answer everybody. Source: k8s.io/apiserver/pkg/server/healthz.
enum HealthChecks {
    /// One thing that is looked at; throws what is wrong.
    private struct Check: Sendable {
        var name: String
        var run: @Sendable (APIServer) async throws -> Void = { _ in }
    }

    private struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// Alive: a restart would not help against anything else.
    private static let live = [
        Check(name: "ping"), Check(name: "log"),
        // Kubernetes' name for its storage.
        Check(name: "etcd") { server in if server.store.isClosed { throw StoreError.closed } },
    ]
    private static let ready =
        live + [
            Check(name: "etcd-readiness") { try await $0.store.checkWritable() },
            Check(name: "store-integrity") { server in
                if let first = server.store.damage.first { throw Problem(description: "\(first); see `skiff check`") }
            },
        ]

    /// Nil for another path.
    /// - Parameter isKnown: whether a request comes from somebody who is no stranger.
    static func answer(
        _ request: HTTPRequest, _ server: APIServer, isKnown: (HTTPRequest) -> Bool
    ) async -> HTTPResponse? {
        guard request.path.hasPrefix("/livez") || request.path.hasPrefix("/readyz") || request.path.hasPrefix("/healthz") else {
            return nil
        }
        let parts = RequestPath.split(request.path)
        guard let name = parts.first, ["livez", "readyz", "healthz"].contains(name) else { return nil }
        let checks = name == "readyz" ? ready : live
        if parts.count > 1 {
            guard parts.count == 2, let check = checks.first(where: { $0.name == parts[1] }) else { return ResponseBytes.pageNotFound }
            do { try await check.run(server) } catch { return ResponseBytes.text("internal server error: \(error)\n", status: 500) }
            return ResponseBytes.text("ok")
        }
        let query = Query(request.query)
        let remarks = name == "readyz" && query.has("verbose") ? unenforced(server, isKnown: isKnown(request)) : ""
        return await all(checks, name, query, server, remarks)
    }

    /// A line for every object that asks for what is not enforced. Which these are is no stranger's business.
    private static func unenforced(_ server: APIServer, isKnown: Bool) -> String {
        let found = server.unenforced.lines
        if found.isEmpty { return "" }
        return isKnown ? found.map { "warn: not enforced: \($0)\n" }.joined() : "warn: not enforced: \(found.count)\n"
    }

    private static func all(
        _ checks: [Check], _ name: String, _ query: Query, _ server: APIServer, _ remarks: String
    ) async -> HTTPResponse {
        var excluded = Set(query.all("exclude"))
        var lines = ""
        var isWell = true
        for check in checks {
            if excluded.remove(check.name) != nil {
                lines += "[+]\(check.name) excluded: ok\n"
                continue
            }
            do {
                try await check.run(server)
                lines += "[+]\(check.name) ok\n"
            } catch {
                isWell = false
                // Everybody may ask: the reason is in the log.
                lines += "[-]\(check.name) failed: reason withheld\n"
                server.logger.warning("health check failed", metadata: ["check": "\(check.name)", "error": "\(error)"])
            }
        }
        if !excluded.isEmpty {
            let unknown = excluded.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            lines += "warn: some health checks cannot be excluded: no matches for \(unknown)\n"
        }
        lines += remarks
        guard isWell else { return ResponseBytes.text("\(lines)\(name) check failed\n", status: 500) }
        return ResponseBytes.text(query.has("verbose") ? "\(lines)\(name) check passed\n" : "ok")
    }
}
