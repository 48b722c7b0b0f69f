import ClusterObjects
import ManifestLoader

/// What a Sync object remembers across restarts: the inventory, the last good revision, the history, what was corrected.
public struct SyncStatus: Sendable, Hashable {
    /// The last commit whose objects were all applied.
    public var lastAppliedRevision = ""
    /// The commit looked at last.
    public var observedRevision = ""
    public var inventory = Inventory()
    /// Newest first.
    public var history: [SyncRecord] = []
    /// What is wrong now, one line each; empty when all is well.
    public var problems: [String] = []
    /// When what was live was put right, newest first: lines of ``ObjectDrift``, with the time before each.
    public var corrections: [String] = []
    /// Since when the source could not be looked at; nil when it can.
    public var unreachableSince: Timestamp?
    /// Why; empty when it can.
    public var unreachableReason = ""

    /// Who is applying a commit now; nil when nobody is.
    var pass: PassMark?

    static let mostCorrections = 50

    public init() {}

    init(_ object: APIObject) {
        let status = object.status?.value ?? .emptyObject
        lastAppliedRevision = status["lastAppliedRevision"]?.string ?? ""
        observedRevision = status["observedRevision"]?.string ?? ""
        inventory = Inventory(lines: status["inventory"]?.strings ?? [])
        history = (status["history"]?.array ?? []).compactMap { SyncRecord($0) }
        problems = status["problems"]?.strings ?? []
        corrections = status["corrections"]?.strings ?? []
        unreachableSince = status["unreachableSince"]?.string.flatMap { Timestamp($0) }
        unreachableReason = status["unreachableReason"]?.string ?? ""
        pass = status["pass"].flatMap { PassMark($0) }
    }

    /// What was changed since `base`, on top of what another has written since then.
    func merged(since base: SyncStatus, onto theirs: SyncStatus) -> SyncStatus {
        var result = theirs
        func take<Field: Equatable>(_ field: WritableKeyPath<SyncStatus, Field>) {
            if self[keyPath: field] != base[keyPath: field] { result[keyPath: field] = self[keyPath: field] }
        }
        take(\.lastAppliedRevision)
        take(\.observedRevision)
        take(\.problems)
        take(\.unreachableSince)
        take(\.unreachableReason)
        take(\.pass)
        result.inventory = inventory.merged(since: base.inventory, onto: theirs.inventory)
        let records = history.filter { !base.history.contains($0) && !theirs.history.contains($0) }
        result.history = Array((records + theirs.history).sorted { $0.time > $1.time }.prefix(SyncRecord.most))
        let lines = corrections.filter { !base.corrections.contains($0) && !theirs.corrections.contains($0) }
        result.corrections = Array((lines + theirs.corrections).prefix(SyncStatus.mostCorrections))
        return result
    }

    /// For a merge patch: what is empty clears what was there.
    func value(now: Timestamp, previous: Value?) -> Value {
        [
            "lastAppliedRevision": .string(lastAppliedRevision), "observedRevision": .string(observedRevision),
            "inventory": Value(inventory.lines), "history": .array(history.map(\.value)),
            "problems": Value(problems), "corrections": Value(corrections),
            "unreachableSince": unreachableSince.map { .string($0.description) } ?? .null,
            "unreachableReason": unreachableReason.isEmpty ? .null : .string(unreachableReason), "pass": pass?.value ?? .null,
            "conditions": [condition(now: now, previous: previous)],
        ]
    }

    private func condition(now: Timestamp, previous: Value?) -> Value {
        let isReady = problems.isEmpty && unreachableSince == nil && !lastAppliedRevision.isEmpty
        let status = isReady ? "True" : "False"
        let reason = isReady ? "Synced" : unreachableSince != nil ? "SourceUnreachable" : problems.isEmpty ? "NotSynced" : "Failed"
        let old = previous?["conditions"]?.array?.first { $0["type"]?.string == "Ready" }
        let since = old?["status"]?.string == status ? old?["lastTransitionTime"]?.string : nil
        return [
            "type": "Ready", "status": .string(status), "reason": .string(reason),
            "message": .string(isReady ? "" : problems.first ?? unreachableReason), "lastTransitionTime": .string(since ?? now.description),
        ]
    }

    mutating func record(_ record: SyncRecord) {
        history.insert(record, at: 0)
        history = Array(history.prefix(SyncRecord.most))
    }
}
