import ClusterObjects

/// Reverts that were made and pushed.
public struct Rollback: Sendable {
    public struct Undone: Sendable, Hashable {
        public var commit: String
        public var author: String
        public var subject: String
    }

    /// In the order in which they were undone: newest first.
    public var undone: [Undone]
    /// What differs now from before, below the repository's root.
    public var files: [String]
    /// The commit that the branch is at now.
    public var commit: String
    /// Whose commit it is: `Ada <ada@example.org>`.
    public var identity: String
    public var branch: String
    public var remote: String
    /// Where the branch is checked out, when the revert is there too.
    public var workTree: String?

    private static let mostFiles = 20

    /// For people: what was undone, what changed, where it went.
    public var text: String {
        var lines = undone.map { "undid \($0.commit.prefix(10)) \"\($0.subject)\" by \($0.author)" }
        lines += files.prefix(Rollback.mostFiles).map { "  \($0)" }
        if files.count > Rollback.mostFiles { lines.append("  … and \(files.count - Rollback.mostFiles) more files") }
        let place = workTree.map { "put \(commit.prefix(10)) on \(branch), checked out in \($0)" }
        lines.append((place ?? "pushed \(commit.prefix(10)) to \(branch) of \(remote)") + ", as \(identity)")
        return lines.joined(separator: "\n")
    }

    public var value: Value {
        var value: Value = [
            "undone": .array(
                undone.map { ["commit": .string($0.commit), "author": .string($0.author), "subject": .string($0.subject)] }),
            "files": Value(files), "commit": .string(commit), "identity": .string(identity), "branch": .string(branch),
            "repository": .string(remote),
        ]
        if let workTree { value["workTree"] = .string(workTree) }
        return value
    }
}
