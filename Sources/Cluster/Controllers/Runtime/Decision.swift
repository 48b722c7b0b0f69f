import ClusterAPI
import ClusterClient
import ClusterObjects

/// Why a change was refused.
public typealias APIFailure = APIError

/// What a controller wants done.
public struct Decision: Sendable {
    /// Steps in order; the changes of a step run in parallel. A failed change ends the decision after its step (the step's other
    /// changes that were under way finish), then `afterwards` is asked, then the key is retried with back-off.
    public var steps: [[Change]] = []
    /// More to do, now that the outcome of the steps is known: mostly a status that tells of failures. Pure, too.
    public var afterwards: (@Sendable (Outcome) -> Aftermath)?
    public var events: [EventDraft] = []
    /// Look at the key again after this many seconds, should nothing else wake it.
    public var requeueAfter: Double?
    /// Something is not as it should be: retry with back-off, this is the reason to log.
    public var problem: String?

    public init(steps: [[Change]] = [], requeueAfter: Double? = nil) {
        self.steps = steps
        self.requeueAfter = requeueAfter
    }

    public static let nothing = Decision()

    /// Adds a step of its own.
    public mutating func then(_ changes: [Change]) { if !changes.isEmpty { steps.append(changes) } }
    public mutating func then(_ change: Change) { steps.append([change]) }

    public mutating func requeue(after seconds: Double) { requeueAfter = min(requeueAfter ?? seconds, max(seconds, 0)) }
}

/// How the steps of a decision went.
public struct Outcome: Sendable {
    public var results: [(change: Change, result: Result<APIObject?, APIFailure>)] = []
    /// Changes that were not tried, because an earlier one failed.
    public var skipped = 0

    public init() {}

    public var failures: [APIFailure] {
        results.compactMap { if case .failure(let error) = $0.result { error } else { nil } }
    }
    /// How many changes with that tag succeeded.
    public func succeeded(_ tag: String) -> Int {
        results.count { entry in if case .success = entry.result { entry.change.tag == tag } else { false } }
    }
    public func failure(_ tag: String) -> APIFailure? {
        for (change, result) in results where change.tag == tag { if case .failure(let error) = result { return error } }
        return nil
    }
}

/// What follows an outcome.
public struct Aftermath: Sendable {
    public var changes: [Change] = []
    public var events: [EventDraft] = []
    /// Failures of the steps are nothing to retry for (they have been told of in the status).
    public var forgivesFailures = false
    public var requeueAfter: Double?

    public init(_ changes: [Change] = [], events: [EventDraft] = []) {
        self.changes = changes
        self.events = events
    }
}

/// One write, and the events that tell of it.
public struct Change: Sendable {
    public enum Action: Sendable {
        case create(object: Value)
        /// A whole object; its resourceVersion makes it conditional.
        case update(name: String, subresource: String?, object: Value)
        case patch(name: String, subresource: String?, Patch)
        case delete(name: String, DeleteOptions)
        /// A subresource that is created: `pods/binding`, `pods/eviction`.
        case createSubresource(name: String, subresource: String, object: Value)
    }

    public var resource: GroupVersionResource
    /// Nil for cluster-scoped resources.
    public var namespace: String?
    public var action: Action
    /// For the outcome to be counted by.
    public var tag = ""
    /// An error that is as good as success; a NotFound of a delete always is.
    public var tolerates: @Sendable (APIFailure) -> Bool = { _ in false }
    /// Event on success; gets the written object's name.
    public var success: (@Sendable (String) -> EventDraft)?
    /// Event on failure.
    public var failure: (@Sendable (APIFailure) -> EventDraft?)?

    public init(_ resource: GroupVersionResource, namespace: String?, _ action: Action, tag: String = "") {
        self.resource = resource
        self.namespace = (namespace ?? "").isEmpty ? nil : namespace
        self.action = action
        self.tag = tag
    }

    public static func create(_ resource: GroupVersionResource, namespace: String?, _ object: Value, tag: String = "create") -> Change {
        Change(resource, namespace: namespace, .create(object: object), tag: tag)
    }

    public static func update(_ resource: GroupVersionResource, _ key: ObjectKey, _ object: Value, tag: String = "update") -> Change {
        Change(resource, namespace: key.namespace, .update(name: key.name, subresource: nil, object: object), tag: tag)
    }

    public static func updateStatus(_ resource: GroupVersionResource, _ key: ObjectKey, _ object: Value) -> Change {
        Change(resource, namespace: key.namespace, .update(name: key.name, subresource: "status", object: object), tag: "status")
    }

    /// A JSON merge patch.
    public static func patch(
        _ resource: GroupVersionResource, _ key: ObjectKey, subresource: String? = nil, _ body: Value, tag: String = "patch"
    ) -> Change {
        Change(
            resource, namespace: key.namespace, .patch(name: key.name, subresource: subresource, Patch(.merge, body)), tag: tag)
    }

    /// Deletes this very object, not one of the same name made since.
    public static func delete(
        _ resource: GroupVersionResource, _ object: APIObject, propagation: String = "", grace: Int? = nil, tag: String = "delete"
    ) -> Change {
        let options = DeleteOptions(gracePeriodSeconds: grace, propagationPolicy: propagation, uid: object.uid)
        return Change(resource, namespace: object.namespace, .delete(name: object.name, options), tag: tag)
    }

    public func telling(
        success: (@Sendable (String) -> EventDraft)? = nil, failure: (@Sendable (APIFailure) -> EventDraft?)? = nil
    ) -> Change {
        var copy = self
        copy.success = success
        copy.failure = failure
        return copy
    }

    public func tolerating(_ tolerates: @escaping @Sendable (APIFailure) -> Bool) -> Change {
        var copy = self
        copy.tolerates = tolerates
        return copy
    }
}
