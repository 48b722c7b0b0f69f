import ClusterObjects
import ManifestLoader

/// Something that a person who watches would like to know; its description is one plain line (drift: one a field).
public enum ReconcilerEvent: Sendable, CustomStringConvertible {
    /// A new commit is being applied.
    case revision(commit: String, subject: String)
    case changed(SyncRecord.Change)
    /// A commit is applied, or what of it could be.
    case synced(SyncRecord)
    case problem(LoadProblem)
    case failed(ObjectFailure)
    case drift(ObjectDrift)
    case corrected(ObjectDrift)
    case warning(String)
    /// What is going on now, for a line of progress; empty: nothing.
    case doing(String)

    public var description: String {
        switch self {
        case .revision(let commit, let subject): "commit \(commit.prefix(10)) \(subject)"
        case .changed(let change): change.description
        case .synced(let record):
            record.result == .synced
                ? "in sync with \(record.commit.prefix(10)), \(record.changeCount) changed"
                : "commit \(record.commit.prefix(10)) is not in sync, \(record.failures.count) problems"
        case .problem(let problem): problem.description
        case .failed(let failure): failure.description
        case .drift(let drift): drift.lines.map { "drift: \($0)" }.joined(separator: "\n")
        case .corrected(let drift): "corrected: \(drift.id)"
        case .warning(let text): "warning: \(text)"
        case .doing(let text): text
        }
    }
}
