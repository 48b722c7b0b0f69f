import ClusterObjects

/// Something worth telling about an object: becomes a core/v1 Event.
public struct EventDraft: Sendable, Hashable {
    public enum Kind: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// The `involvedObject`.
    public struct Subject: Sendable, Hashable {
        public var apiVersion: String
        public var kind: String
        public var namespace: String
        public var name: String
        public var uid: String
        public var resourceVersion: String
        public var fieldPath: String

        public init(
            apiVersion: String, kind: String, namespace: String = "", name: String, uid: String = "", resourceVersion: String = "",
            fieldPath: String = ""
        ) {
            self.apiVersion = apiVersion
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.uid = uid
            self.resourceVersion = resourceVersion
            self.fieldPath = fieldPath
        }

        public init(_ object: APIObject, apiVersion: String, kind: String) {
            self.init(
                apiVersion: apiVersion, kind: kind, namespace: object.namespace, name: object.name, uid: object.uid,
                resourceVersion: object.resourceVersion)
        }
    }

    public var subject: Subject
    public var kind: Kind
    public var reason: String
    public var message: String
    /// Instead of the recorder's own component.
    public var component: String?

    public init(_ subject: Subject, _ kind: Kind, _ reason: String, _ message: String, component: String? = nil) {
        self.subject = subject
        self.kind = kind
        self.reason = reason
        self.message = message
        self.component = component
    }
}
