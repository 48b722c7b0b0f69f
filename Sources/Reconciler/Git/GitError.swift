/// What went wrong with a repository: which remote, which ref, and what to do.
public struct GitError: Error, Sendable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        case unreachable, refNotFound, emptyRepository, corrupt, timedOut, gitMissing, pathNotFound
        /// Whoever asks may not read, or not push.
        case noReadAccess, noWriteAccess
        /// Others changed the branch meanwhile: what is to be pushed must stand on top of theirs.
        case outdated
        /// The remote takes no such push, whatever it stands on.
        case refused
        /// The copy in the state directory cannot be written.
        case copyNotWritable
        /// There is nothing to roll back, and why.
        case nothingToUndo
        /// Later commits changed the same lines.
        case conflict
        /// git knows nobody by whom a commit could be.
        case noIdentity
    }

    public var reason: Reason
    public var remote: String
    /// The branch, tag or commit asked for; empty for none.
    public var ref: String
    public var detail: String

    public init(_ reason: Reason, remote: String, ref: String = "", detail: String) {
        self.reason = reason
        self.remote = remote
        self.ref = ref
        self.detail = detail
    }

    public var description: String {
        let place = ref.isEmpty ? remote : "\(remote) (\(ref))"
        return switch reason {
        case .unreachable: "cannot reach \(place): \(detail)"
        case .refNotFound: "\(remote) has no ref \(ref)\(detail.isEmpty ? "" : " (\(detail))"): push it, or choose another with --ref"
        case .emptyRepository: "\(place) has no commit yet: push one"
        case .corrupt: "\(place) cannot be read: \(detail)"
        case .noReadAccess: "no access to \(place): \(detail)"
        case .noWriteAccess: "no write access to \(place): \(detail)"
        case .outdated: "\(place) was changed by others meanwhile: \(detail)"
        case .refused: "\(place) refused the push: \(detail)"
        case .copyNotWritable: "what \(place) has cannot be stored: \(detail)"
        case .nothingToUndo, .conflict: "\(place): \(detail)"
        case .noIdentity:
            "git does not know whose commit it would be: set user.name and user.email, e.g. git config --global user.email you@example.org"
        case .timedOut: "\(place) did not answer in time: \(detail)"
        case .gitMissing: "cannot run git: \(detail)"
        case .pathNotFound: "\(place): \(detail)"
        }
    }
}
