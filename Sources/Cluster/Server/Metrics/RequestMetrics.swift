import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Synchronization

/// Counts requests and how long they took. Source: k8s.io/apiserver/pkg/endpoints/metrics.
final class RequestMetrics: Sendable {
    /// What series of requests are told apart by. Values come from the registry, never from a client: there is a bounded number.
    struct Kind: Hashable, Sendable {
        var verb: String
        var group = ""
        var version = ""
        var resource = ""
        /// Of a request for no resource: its path.
        var subresource = ""
        var scope = ""
        var isDryRun = false

        fileprivate var labels: Metrics.Labels {
            [
                ("component", "apiserver"), ("dry_run", isDryRun ? "All" : ""), ("group", group), ("resource", resource),
                ("scope", scope), ("subresource", subresource), ("verb", verb), ("version", version),
            ]
        }
    }

    private struct Series {
        var duration: Histogram
        var byCode: [Int: Counter] = [:]
    }

    private static let bounds = [
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
    ]
    /// What is counted of requests for no resource.
    private static let paths: Set = ["livez", "readyz", "healthz", "metrics", "version", "api", "apis", "openapi", ".well-known"]

    private let metrics: Metrics
    private let series = Mutex<[Kind: Series]>([:])

    init(_ metrics: Metrics) { self.metrics = metrics }

    /// Counts an answered request; one that goes on, a watch, is counted as long as it does.
    func count(
        _ request: HTTPRequest, _ path: RequestPath?, _ resource: Resource?, _ response: inout HTTPResponse,
        since start: ContinuousClock.Instant
    ) {
        let kind = RequestMetrics.kind(request, path, resource)
        let took = start.duration(to: .now)
        let code = response.status
        let (duration, counter) = series.withLock { series -> (Histogram, Counter) in
            var found = series[kind] ?? Series(duration: makeDuration(kind))
            if let counter = found.byCode[code] { return (found.duration, counter) }
            let counter = makeCounter(kind, code)
            found.byCode[code] = counter
            series[kind] = found
            return (found.duration, counter)
        }
        counter.add()
        guard case .stream(let produce) = response.body, kind.verb == "WATCH" else { return duration.observe(took) }
        let running = metrics.gauge("apiserver_longrunning_requests", "Requests that go on until one side ends them.", kind.labels)
        response.body = .stream { writer in
            running.add()
            defer { running.add(-1) }
            try await produce(writer)
        }
    }

    private func makeDuration(_ kind: Kind) -> Histogram {
        metrics.histogram(
            "apiserver_request_duration_seconds", "Seconds that requests took.", bounds: RequestMetrics.bounds, kind.labels)
    }

    private func makeCounter(_ kind: Kind, _ code: Int) -> Counter {
        metrics.counter(
            "apiserver_request_total", "Requests by what they asked and how they were answered.", [("code", String(code))] + kind.labels)
    }

    private static func kind(_ request: HTTPRequest, _ path: RequestPath?, _ resource: Resource?) -> Kind {
        guard let path, let resource else {
            let first = RequestPath.split(request.path).first ?? ""
            return Kind(verb: known(request.method), subresource: paths.contains(first) ? "/\(first)" : "")
        }
        let isDryRun = request.query.utf8.count > 6 && request.method != "GET" && Query(request.query)["dryRun"] == "All"
        let subresource = resource.subresource(path.subresource) == nil ? "" : path.subresource
        return Kind(
            verb: verb(request, path), group: resource.group, version: resource.version, resource: resource.plural,
            subresource: subresource, scope: !path.name.isEmpty ? "resource" : path.namespace.isEmpty ? "cluster" : "namespace",
            isDryRun: isDryRun)
    }

    private static func verb(_ request: HTTPRequest, _ path: RequestPath) -> String {
        switch request.method {
        case "GET":
            if path.isWatch { return "WATCH" }
            let asksWatch = request.query.contains("watch") && Query(request.query).flag("watch")
            if path.name.isEmpty || asksWatch { return asksWatch ? "WATCH" : "LIST" }
            return "GET"
        case "PATCH":
            return request.headers.first(name: "Content-Type")?.hasPrefix("application/apply-patch") == true ? "APPLY" : "PATCH"
        case "DELETE": return path.name.isEmpty ? "DELETECOLLECTION" : "DELETE"
        default: return known(request.method)
        }
    }

    private static func known(_ method: String) -> String {
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method) ? method : "other"
    }
}
