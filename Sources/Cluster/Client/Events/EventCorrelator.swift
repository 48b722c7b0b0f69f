import ClusterObjects

/// Decides how an event is stored: as a new object, as one more occurrence of an old one, folded into "similar events", or not
/// at all. Pure: time comes in, an action comes out. (Numbers from k8s.io/client-go/tools/record.)
struct EventCorrelator {
    enum Action: Sendable, Equatable {
        case create(namespace: String, name: String, Value)
        case patch(namespace: String, name: String, Value)
        case drop
    }

    /// Which event it is: everything but the time.
    private struct Identity: Hashable {
        var draft: EventDraft
        var component: String
    }
    /// Which events are similar: everything but the message.
    private struct Family: Hashable {
        var subject: EventDraft.Subject
        var kind: EventDraft.Kind
        var reason: String
        var component: String
    }
    private struct Source: Hashable {
        var subject: EventDraft.Subject
        var component: String
    }
    private struct Known {
        var name: String
        var count: Int
        var first: Timestamp
        var last: Timestamp
    }
    private struct Messages {
        var seen: Set<String>
        var last: Timestamp
    }
    private struct Bucket {
        var tokens: Double
        var last: Timestamp
    }

    private var known: [Identity: Known] = [:]
    private var families: [Family: Messages] = [:]
    private var buckets: [Source: Bucket] = [:]
    private var serial: UInt64 = 0
    private let component: String

    static let capacity = 4096
    static let similarLimit = 10
    static let similarSeconds = 600.0
    static let burst = 25.0
    static let tokensPerSecond = 1.0 / 300

    init(component: String) { self.component = component }

    mutating func record(_ draft: EventDraft, at now: Timestamp) -> Action {
        let component = draft.component ?? component
        // The version of the object does not make it another event.
        var draft = draft
        let version = draft.subject.resourceVersion
        draft.subject.resourceVersion = ""
        guard takeToken(Source(subject: draft.subject, component: component), at: now) else { return .drop }

        let family = Family(subject: draft.subject, kind: draft.kind, reason: draft.reason, component: component)
        var messages = families[family] ?? Messages(seen: [], last: now)
        if now - messages.last > Self.similarSeconds { messages.seen = [] }
        messages.last = now
        if messages.seen.count < Self.similarLimit { messages.seen.insert(draft.message) }
        let folds = messages.seen.count >= Self.similarLimit
        families[family] = messages
        evict(&families) { $0.last }
        let message = folds ? "(combined from similar events): \(draft.message)" : draft.message
        if folds { draft.message = "" }

        let identity = Identity(draft: draft, component: component)
        let namespace = draft.subject.namespace.isEmpty ? "default" : draft.subject.namespace
        if var event = known[identity] {
            event.count += 1
            event.last = now
            known[identity] = event
            return .patch(
                namespace: namespace, name: event.name,
                [
                    "count": Value(event.count), "lastTimestamp": Value(now.description), "message": Value(message),
                ])
        }
        serial &+= 1
        let suffix = String(UInt64(bitPattern: now.microseconds) &* 1000 &+ serial % 1000, radix: 16)
        let name = "\(draft.subject.name).\(suffix)"
        known[identity] = Known(name: name, count: 1, first: now, last: now)
        evict(&known) { $0.last }
        return .create(namespace: namespace, name: name, object(draft, message, version, component, namespace, name, now))
    }

    /// The stored event is gone (events expire): the next occurrence makes a new one.
    mutating func forget(_ draft: EventDraft) {
        var draft = draft
        draft.subject.resourceVersion = ""
        known[Identity(draft: draft, component: draft.component ?? component)] = nil
        draft.message = ""
        known[Identity(draft: draft, component: draft.component ?? component)] = nil
    }

    private mutating func takeToken(_ source: Source, at now: Timestamp) -> Bool {
        var bucket = buckets[source] ?? Bucket(tokens: Self.burst, last: now)
        bucket.tokens = min(Self.burst, bucket.tokens + max(0, now - bucket.last) * Self.tokensPerSecond)
        bucket.last = now
        let allowed = bucket.tokens >= 1
        if allowed { bucket.tokens -= 1 }
        buckets[source] = bucket
        evict(&buckets) { $0.last }
        return allowed
    }

    /// Forgets the oldest half when there are too many. Amortised O(log n).
    private func evict<Key, Entry>(_ entries: inout [Key: Entry], _ last: (Entry) -> Timestamp) {
        guard entries.count > Self.capacity else { return }
        let times = entries.values.map(last).sorted()
        let middle = times[times.count / 2]
        entries = entries.filter { last($0.value) > middle }
    }

    private func object(
        _ draft: EventDraft, _ message: String, _ version: String, _ component: String, _ namespace: String, _ name: String,
        _ now: Timestamp
    ) -> Value {
        var subject: Value = ["kind": Value(draft.subject.kind), "name": Value(draft.subject.name)]
        if !draft.subject.namespace.isEmpty { subject["namespace"] = Value(draft.subject.namespace) }
        if !draft.subject.apiVersion.isEmpty { subject["apiVersion"] = Value(draft.subject.apiVersion) }
        if !draft.subject.uid.isEmpty { subject["uid"] = Value(draft.subject.uid) }
        if !version.isEmpty { subject["resourceVersion"] = Value(version) }
        if !draft.subject.fieldPath.isEmpty { subject["fieldPath"] = Value(draft.subject.fieldPath) }
        return [
            "apiVersion": "v1", "kind": "Event", "metadata": ["name": Value(name), "namespace": Value(namespace)],
            "involvedObject": subject, "reason": Value(draft.reason), "message": Value(message), "type": Value(draft.kind.rawValue),
            "source": ["component": Value(component)], "reportingComponent": Value(component), "reportingInstance": "",
            "firstTimestamp": Value(now.description), "lastTimestamp": Value(now.description), "count": 1,
        ]
    }
}
