import ClusterObjects
import Glibc

/// Where one pod keeps what must outlive skiff: its shim's identity and socket, its containers' logs and exits, its emptyDirs.
struct PodDirectory: Sendable, Hashable {
    let path: String

    /// - Parameters:
    ///   - node: the node's part of the state directory.
    ///   - uid: the pod's.
    init(node: String, uid: String) { path = "\(node)/pods/\(uid)" }
    init(_ path: String) { self.path = path }

    static func all(node: String) -> [PodDirectory] {
        TextFile.names(in: "\(node)/pods").map { PodDirectory("\(node)/pods/\($0)") }
    }

    var shim: ProcessIdentity? { ProcessIdentity.running("\(path)/shim") }
    var client: ShimClient { ShimClient(directory: path) }
    var uid: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// The pod's address; nil when it has none or uses the node's network.
    var address: String? { TextFile.read("\(path)/address") }
    func set(address: String) throws(SystemError) { try TextFile.write(address.utf8, to: "\(path)/address") }

    /// The pod as it was when it was started, for stopping it without an API server.
    var pod: Pod? {
        guard let bytes = TextFile.readBytes("\(path)/pod.json"), let object = try? APIObject(parsing: bytes) else { return nil }
        return Pod(object)
    }

    func make(for pod: Pod) throws(SystemError) {
        for name in ["root", "scratch", "memory", "etc", "containers", "volumes"] {
            try TextFile.makeDirectory("\(path)/\(name)", mode: name == "root" ? 0o755 : 0o700)
        }
        try TextFile.write(pod.object.tree.bytes, to: "\(path)/pod.json")
    }

    func remove() { TextFile.remove(path) }

    // MARK: - Containers

    func container(_ name: String) -> String { "\(path)/containers/\(name)" }
    func log(_ name: String, attempt: Int) -> String { "\(container(name))/\(attempt).log" }

    /// The newest attempt of a container that was ever started here; nil before the first.
    func lastAttempt(_ name: String) -> Int? { attempts(name).last }

    /// Attempts with a start on disk, oldest first.
    func attempts(_ name: String) -> [Int] {
        TextFile.names(in: container(name)).compactMap { $0.hasSuffix(".start") ? Int($0.dropLast(6)) : nil }.sorted()
    }

    /// What is known of an attempt once its shim is gone.
    func record(_ name: String, attempt: Int) -> ContainerRun? {
        guard let text = TextFile.read("\(container(name))/\(attempt).exit") else {
            guard let started = TextFile.read("\(container(name))/\(attempt).start").flatMap({ Timestamp($0.trimmed) }) else { return nil }
            return ContainerRun(attempt: attempt, startedAt: started)
        }
        let words = text.split { $0 == " " || $0 == "\n" }
        guard words.count == 3, let code = Int(words[0]), let started = Timestamp(String(words[1])),
            let finished = Timestamp(String(words[2]))
        else { return nil }
        return ContainerRun(attempt: attempt, startedAt: started, exit: .init(code: code, finishedAt: finished))
    }

    /// Keeps the newest two attempts' files, what `kubectl logs` and `logs --previous` show.
    func prune(_ name: String) {
        for attempt in attempts(name).dropLast(2) {
            for file in TextFile.names(in: container(name)) where file.hasPrefix("\(attempt).") {
                unlink("\(container(name))/\(file)")
            }
        }
    }
}

/// One run of a container.
struct ContainerRun: Sendable, Hashable {
    struct Exit: Sendable, Hashable {
        var code: Int
        var finishedAt: Timestamp
        /// Instead of `Completed` or `Error`.
        var reason: String?
        var message: String?
    }

    /// 0 for the first; the container's restartCount.
    var attempt: Int
    var startedAt: Timestamp
    /// Nil while it runs.
    var exit: Exit?
}
