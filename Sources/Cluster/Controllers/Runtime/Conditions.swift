import ClusterAPI
import ClusterObjects

/// The `status.conditions` of an object being rewritten.
struct Conditions {
    private(set) var entries: [Value]

    init(_ status: Tree?) { entries = status?["conditions"]?.value.array ?? [] }

    /// Nil when there are none, so that the field is left out.
    var value: Value? { entries.isEmpty ? nil : .array(entries) }

    subscript(type: String) -> Value? { entries.first { $0["type"]?.string == type } }
    func isTrue(_ type: String) -> Bool { self[type]?["status"]?.string == "True" }
    func reason(_ type: String) -> String { self[type]?["reason"]?.string ?? "" }
    func time(_ type: String, _ field: String) -> Timestamp? { self[type]?[field]?.string.flatMap { Timestamp($0) } }

    mutating func remove(_ type: String) { entries.removeAll { $0["type"]?.string == type } }

    mutating func append(_ condition: Value) { entries.append(condition) }

    mutating func replace(_ type: String, _ condition: Value) {
        guard let index = entries.firstIndex(where: { $0["type"]?.string == type }) else { return }
        entries[index] = condition
    }

    mutating func addIfAbsent(_ type: String, _ status: String, _ reason: String, _ message: String, at now: Timestamp) {
        guard self[type] == nil else { return }
        entries.append(Conditions.make(type, status, reason, message, at: now))
    }

    /// Sets a condition as `meta.SetStatusCondition` does: in place, the transition time kept while the status stays.
    mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String, at now: Timestamp) {
        guard let index = entries.firstIndex(where: { $0["type"]?.string == type }) else {
            entries.append(Conditions.make(type, status, reason, message, at: now))
            return
        }
        if entries[index]["status"]?.string != status {
            entries[index]["status"] = Value(status)
            entries[index]["lastTransitionTime"] = Value(now.description)
        }
        entries[index]["reason"] = Value(reason)
        entries[index]["message"] = Value(message)
    }

    static func make(_ type: String, _ status: String, _ reason: String, _ message: String, at now: Timestamp) -> Value {
        [
            "type": Value(type), "status": Value(status), "reason": Value(reason), "message": Value(message),
            "lastTransitionTime": Value(now.description),
        ]
    }
}

extension APIObject {
    /// A draft of this object with another status.
    func draft(withStatus status: Value) -> Value {
        var draft = draft
        draft["status"] = status
        return draft
    }

    /// Whether a status differs from the one stored; null and absent are the same.
    func hasOtherStatus(than status: Value) -> Bool { (self.status?.value ?? .emptyObject) != status }
}

extension APIError {
    /// The namespace is going away and takes nothing new.
    var isNamespaceTerminating: Bool {
        details?["causes"]?.array?.contains { $0["reason"]?.string == "NamespaceTerminating" } ?? false
            || (code == 403 && message.contains("because it is being terminated"))
    }
}
