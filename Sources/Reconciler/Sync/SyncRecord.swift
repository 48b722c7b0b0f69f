import ClusterObjects
import ManifestLoader

/// One line of the history: what came of a commit.
public struct SyncRecord: Sendable, Hashable {
    public enum Result: String, Sendable {
        case synced, failed
    }

    public struct Change: Sendable, Hashable, CustomStringConvertible {
        public enum Kind: String, Sendable {
            case created, configured, unchanged, pruned
        }

        public var id: ObjectID
        public var kind: Kind

        public init(id: ObjectID, kind: Kind) {
            self.id = id
            self.kind = kind
        }

        public var description: String { "\(id) \(kind.rawValue)" }
    }

    public var commit: String
    public var subject: String
    public var author: String
    public var time: Timestamp
    public var result: Result
    /// Seconds.
    public var duration: Double
    /// `Deployment shop/web configured`; at most ``mostChanges``.
    public var changes: [String]
    public var changeCount: Int
    /// What went wrong, one line each; at most ``mostChanges``.
    public var failures: [String]

    static let mostChanges = 50
    /// How many records are kept.
    static let most = 50

    init(
        commit: String, subject: String, author: String, time: Timestamp, result: Result, duration: Double, changes: [Change],
        failures: [String]
    ) {
        self.commit = commit
        self.subject = subject
        self.author = author
        self.time = time
        self.result = result
        self.duration = duration
        self.changes = changes.prefix(SyncRecord.mostChanges).map(\.description)
        changeCount = changes.count
        self.failures = failures.prefix(SyncRecord.mostChanges).map { String($0.prefix(500)) }
    }

    public init?(_ value: Value) {
        guard let commit = value["commit"]?.string, let time = value["time"]?.string.flatMap({ Timestamp($0) }),
            let result = value["result"]?.string.flatMap(Result.init)
        else { return nil }
        self.commit = commit
        self.time = time
        self.result = result
        subject = value["subject"]?.string ?? ""
        author = value["author"]?.string ?? ""
        duration = value["duration"]?.double ?? 0
        changes = value["changes"]?.strings ?? []
        changeCount = value["changeCount"]?.int ?? changes.count
        failures = value["failures"]?.strings ?? []
    }

    public var value: Value {
        [
            "commit": .string(commit), "subject": .string(subject), "author": .string(author), "time": .string(time.description),
            "result": .string(result.rawValue), "duration": .double(duration), "changes": Value(changes),
            "changeCount": Value(changeCount), "failures": Value(failures),
        ]
    }
}
