import ClusterObjects

/// The commit that last changed a line of a manifest, and who made it.
public struct LineOrigin: Sendable, Hashable {
    public var commit: String
    public var author: String
    public var subject: String
    public var time: Timestamp

    /// `1a2b3c4d5e by Ada, "Three replicas"`.
    public var text: String { "\(commit.prefix(10)) by \(author), \"\(subject)\"" }

    public var value: Value {
        ["commit": .string(commit), "author": .string(author), "subject": .string(subject), "time": .string(time.description)]
    }
}

/// Finds out which commit last changed a line. Reads the repository by a handle of its own, so that a long history keeps no fetch
/// waiting, and remembers what it found of one commit.
actor LineOrigins {
    /// In one commit, files beyond these are not looked into: each costs a walk through history.
    private static let mostFiles = 100

    private let options: SourceOptions
    private var commit = ""
    private var files: [String: GitObjects.Blame?] = [:]
    private var commits: [String: LineOrigin] = [:]

    init(_ options: SourceOptions) { self.options = options }

    /// Where a line (from 1) of a file below `--path` comes from, as of a commit; nil when it cannot be told.
    func origin(of file: String, line: Int, at commit: String) -> LineOrigin? {
        if commit != self.commit { (self.commit, files) = (commit, [:]) }
        guard let objects = try? GitObjects(path: options.directory, remote: options.shownRepository) else { return nil }
        if files[file] == nil, files.count < LineOrigins.mostFiles {
            let path = options.path.isEmpty ? file : "\(options.path)/\(file)"
            files[file] = .some(objects.blame(path, at: commit))
        }
        guard let blame = files[file] ?? nil, let id = blame.commit(of: line) else { return nil }
        if let known = commits[id] { return known }
        guard let info = try? objects.info(id) else { return nil }
        let origin = LineOrigin(commit: id, author: info.author, subject: info.subject, time: Timestamp(seconds: info.seconds))
        commits[id] = origin
        return origin
    }
}
