import ClusterClient
import ClusterObjects
import ClusterStore
import Glibc

extension APIServer {
    /// Registers what is found out only when somebody asks.
    func registerMetrics() {
        let store = store
        @Sendable func counts() -> [(GroupResource, Double)] {
            store.collections.map { ($0, Double(store.snapshot($0).count)) }.sorted { "\($0.0)" < "\($1.0)" }
        }
        metrics.ask("apiserver_storage_objects", "Objects that are stored, by kind.") {
            counts().map { ([("resource", "\($0)")], $1) }
        }
        metrics.ask("apiserver_resource_objects", "Objects that are stored, by group and resource.") {
            counts().map { ([("group", $0.group), ("resource", $0.resource)], $1) }
        }
        let (reads, writes) = (readLimit, writeLimit)
        func load(_ value: @escaping @Sendable (InflightLimit) -> Int) -> @Sendable () -> [(labels: Metrics.Labels, value: Double)] {
            {
                [
                    ([("request_kind", "mutating")], Double(value(writes))), ([("request_kind", "readOnly")], Double(value(reads))),
                ]
            }
        }
        metrics.ask("apiserver_current_inflight_requests", "Requests that are worked on.", load { $0.count.running })
        metrics.ask("apiserver_current_inqueue_requests", "Requests that wait for their turn.", load { $0.count.waiting })
        metrics.ask("kubernetes_build_info", "What this is.") {
            let version = Documents.version
            return [
                (
                    ["gitVersion", "major", "minor", "platform"].map { (name: $0, value: version[$0]?.string ?? "") },
                    1
                )
            ]
        }
        ProcessFacts.register(in: metrics)
    }
}

/// What the kernel knows of this process. Source: Prometheus, "Writing client libraries", process metrics; proc(5).
private enum ProcessFacts {
    static func register(in metrics: Metrics) {
        func one(_ name: String, _ help: String, type: String = "gauge", _ value: @escaping @Sendable () -> Double?) {
            metrics.ask(name, help, type: type) { value().map { [([], $0)] } ?? [] }
        }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        one("process_cpu_seconds_total", "Processor time in seconds.", type: "counter") {
            guard let user = stat(14), let system = stat(15) else { return nil }
            return (user + system) / ticks
        }
        one("process_resident_memory_bytes", "Memory that is in RAM.") { stat(24).map { $0 * page } }
        one("process_virtual_memory_bytes", "Address space.") { stat(23) }
        one("process_start_time_seconds", "When the process started, in seconds since 1970.") {
            guard let sinceBoot = stat(22), let boot = bootTime else { return nil }
            return boot + sinceBoot / ticks
        }
        one("process_open_fds", "File descriptors in use.") {
            guard let directory = opendir("/proc/self/fd") else { return nil }
            defer { closedir(directory) }
            var count = 0
            while readdir(directory) != nil { count += 1 }
            // Less ".", ".." and the one that looks.
            return Double(max(0, count - 3))
        }
        one("process_max_fds", "File descriptors that may be in use.") {
            var limit = rlimit()
            return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : nil
        }
    }

    /// Field n of /proc/self/stat, from 3 on.
    private static func stat(_ number: Int) -> Double? {
        // The name, field 2, may hold spaces and parentheses.
        guard let text = read("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(separator: " ")
        return number - 3 < fields.count ? Double(fields[number - 3]) : nil
    }

    private static let bootTime: Double? = {
        guard let line = read("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }) else { return nil }
        return Double(line.dropFirst(6))
    }()

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}
