/// What went wrong with a repository: which remote, which ref, and what to do.
public struct GitError: Error, Sendable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        case unreachable, refNotFound, emptyRepository, corrupt, refused, noWriteAccess, conflict, timedOut, gitMissing, pathNotFound
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
        case .refused: "\(place) refused the push: \(detail)"
        case .noWriteAccess: "no write access to \(place): \(detail)"
        case .conflict: "\(place): \(detail)"
        case .timedOut: "\(place) did not answer in time: \(detail)"
        case .gitMissing: "cannot run git: \(detail)"
        case .pathNotFound: "\(place): \(detail)"
        }
    }
}
