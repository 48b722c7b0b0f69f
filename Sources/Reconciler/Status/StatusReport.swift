import ClusterObjects
import ManifestLoader

/// What the cluster makes of its source, at one moment: for `skiff status`, `drift`, `history` and the files of the status branch.
public struct StatusReport: Sendable {
    public struct ObjectHealth: Sendable, Hashable {
        public var id: ObjectID
        public var file: String
        public var line: Int
        public var health: Health

        public var value: Value {
            [
                "object": .string(id.description), "file": .string(file), "line": Value(line),
                "health": .string(health.state.rawValue), "reason": .string(health.reason),
            ]
        }
    }

    public var cluster: String
    public var repository: String
    public var ref: String
    public var path: String
    /// The commit that is applied; empty for none.
    public var revision: String
    public var observedRevision: String
    /// One line each; empty when all is well.
    public var problems: [String]
    public var unreachableSince: Timestamp?
    /// Why it could not be looked at; empty when it can.
    public var unreachableReason: String
    public var objects: [ObjectHealth]
    public var drifts: [ObjectDrift]
    /// What was put right, newest first.
    public var corrections: [String]
    /// Newest first.
    public var history: [SyncRecord]
    /// The cluster's objects that ask for what is not enforced, a line each; nil where nobody looked.
    public var unenforced: [String]?

    public var unhealthy: [ObjectHealth] { objects.filter { $0.health.state != .current } }
    public var isSynced: Bool { problems.isEmpty && !revision.isEmpty && revision == observedRevision }

    public var value: Value {
        var value: Value = [
            "cluster": .string(cluster), "repository": .string(repository), "ref": .string(ref), "path": .string(path),
            "revision": .string(revision), "observedRevision": .string(observedRevision), "synced": .bool(isSynced),
            "healthy": .bool(unhealthy.isEmpty), "problems": Value(problems), "objectCount": Value(objects.count),
            "objects": .array(objects.map(\.value)), "drifted": Value(drifts.count),
        ]
        if let unreachableSince {
            value["unreachableSince"] = .string(unreachableSince.description)
            value["unreachableReason"] = .string(unreachableReason)
        }
        if let unenforced { value["unenforced"] = Value(unenforced) }
        return value
    }

    public var driftValue: Value {
        ["revision": .string(revision), "drift": .array(drifts.map(\.value)), "corrections": Value(corrections)]
    }

    public var historyValue: Value { .array(history.map(\.value)) }

    /// For people: a few lines, and one for every object that is not as it should be.
    public var text: String {
        var lines = [
            "cluster   \(cluster)",
            "source    \(repository)\(ref.isEmpty ? "" : " \(ref)")\(path.isEmpty ? "" : " \(path)")",
            "revision  \(revision.isEmpty ? "none applied yet" : revision)",
            "synced    \(isSynced ? "yes" : "no")",
            "objects   \(objects.count), \(objects.count - unhealthy.count) healthy, \(drifts.count) drifted",
        ]
        if let unreachableSince { lines.append("source unreachable since \(unreachableSince.wholeSeconds): \(unreachableReason)") }
        lines += problems
        lines += unhealthy.map { "\($0.id): \($0.health.state.rawValue): \($0.health.reason) (\($0.file):\($0.line))" }
        lines += (unenforced ?? []).map { "not enforced: \($0)" }
        return lines.joined(separator: "\n")
    }

    /// What has drifted, and below it the log of what was put right.
    public var driftText: String {
        let log = corrections.isEmpty ? [] : ["put right:"] + corrections.map { "  \($0)" }
        return ((drifts.isEmpty ? ["no drift"] : drifts.map(\.description)) + log).joined(separator: "\n")
    }

    public var historyText: String {
        history.map { record in
            let head =
                "\(record.time)  \(record.commit.prefix(10))  \(record.result.rawValue)  \(record.changeCount) changed  "
                + "\(StatusReport.seconds(record.duration))  \(record.subject)"
            return ([head] + record.failures.map { "    \($0)" }).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    static func seconds(_ duration: Double) -> String {
        let milliseconds = Int(max(0, min(duration, 1e9)) * 1000)
        return milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }
}
