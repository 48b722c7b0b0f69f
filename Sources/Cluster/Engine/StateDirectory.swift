import Foundation

/// Where one cluster keeps everything: the store, its keys, its pods, its copy of the repository. Mode 0700.
public struct StateDirectory: Sendable, Hashable {
    public let path: String

    public init(_ path: String) {
        let expanded = NSString(string: path).expandingTildeInPath
        let absolute = expanded.hasPrefix("/") ? expanded : FileManager.default.currentDirectoryPath + "/" + expanded
        self.path = NSString(string: absolute).standardizingPath
    }

    /// `$XDG_STATE_HOME/skiff`, or `~/.local/state/skiff`.
    public static var standard: StateDirectory {
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return StateDirectory("\(base)/skiff") }
        return StateDirectory("\(environment["HOME"] ?? NSHomeDirectory())/.local/state/skiff")
    }

    public var store: String { "\(path)/store" }
    public var keys: String { "\(path)/pki" }
    public var node: String { "\(path)/node" }
    public var kubeconfig: String { "\(path)/kubeconfig" }

    /// Makes the directory, or makes sure that only its owner may enter it.
    /// - Throws: ``EngineError`` naming what cannot be made.
    public func prepare() throws(EngineError) {
        var folder = ""
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            guard !StateDirectory.exists(folder), mkdir(folder, 0o700) != 0, errno != EEXIST else { continue }
            throw EngineError("the state directory \(path) cannot be made: \(folder): \(StateDirectory.reason); \(StateDirectory.remedy)")
        }
        let code = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard code >= 0 else {
            throw EngineError("the state directory \(path) cannot be opened: \(StateDirectory.reason); \(StateDirectory.remedy)")
        }
        defer { close(code) }
        guard !isOthers(code) else {
            throw EngineError(
                "the state directory \(path) is open to others and holds other things, which would be closed to them; "
                    + StateDirectory.remedy)
        }
        guard fchmod(code, 0o700) == 0 else {
            throw EngineError(
                errno == EPERM
                    ? "the state directory \(path) belongs to someone else; \(StateDirectory.remedy)"
                    : "the state directory \(path) cannot be closed to others: \(StateDirectory.reason)")
        }
    }

    /// Whether closing the open directory would take from others what is theirs, as /tmp or a home folder: it is open to them, and there
    /// is something in it, but neither a store nor a copy of a repository.
    private func isOthers(_ descriptor: Int32) -> Bool {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & 0o077 != 0 else { return false }
        if StateDirectory.exists(store) || StateDirectory.exists("\(path)/source.git") { return false }
        return (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty == false
    }

    private static let remedy = "name another with --state-dir"
    private static var reason: String { String(cString: strerror(errno)) }

    private static func exists(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0
    }
}
