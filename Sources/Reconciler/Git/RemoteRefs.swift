/// What a remote says of the refs that were asked for.
struct RemoteRefs: Sendable, Equatable {
    /// The ref that HEAD names; nil for a HEAD that names a commit, or a branch that is gone.
    var head: String?
    /// Ref → commit; of an annotated tag `refs/tags/v1^{}` is the commit, as git lists it.
    var commits: [String: String] = [:]

    init() {}

    /// Reads the output of `git ls-remote --symref`.
    init(listing: String) {
        for line in listing.split(separator: "\n") {
            let parts = line.split(separator: "\t")
            guard parts.count == 2 else { continue }
            if parts[0].hasPrefix("ref: ") { head = String(parts[0].dropFirst(5)) } else { commits[String(parts[1])] = String(parts[0]) }
        }
    }
}
