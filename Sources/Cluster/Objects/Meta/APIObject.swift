/// An API object as read: immutable, with its bytes. Typed views (``Pod``, ``Node``, …) are thin structs over it.
public struct APIObject: Sendable {
    public private(set) var tree: Tree
    /// Metadata that nearly every reader asks for, read once.
    public let name: String
    public let namespace: String
    public let uid: String
    public let resourceVersion: String
    public let labels: [String: String]

    public init(_ tree: Tree) {
        self.tree = tree
        let metadata = tree["metadata"]
        name = metadata?["name"]?.string ?? ""
        namespace = metadata?["namespace"]?.string ?? ""
        uid = metadata?["uid"]?.string ?? ""
        resourceVersion = metadata?["resourceVersion"]?.string ?? ""
        labels = metadata?["labels"]?.stringMap ?? [:]
    }

    public init(_ value: Value) { self.init(value.tree) }
    public init(parsing bytes: [UInt8]) throws(JSONError) { self.init(try Tree(parsing: bytes)) }

    /// The same object without the record of who set which field. O(size).
    public var withoutManagedFields: APIObject {
        var copy = self
        copy.tree = tree.removing("managedFields", from: "metadata")
        return copy
    }

    /// A draft to edit. O(size).
    public var draft: Value { tree.value }

    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    public var apiVersion: String { tree["apiVersion"]?.string ?? "" }
    public var kind: String { tree["kind"]?.string ?? "" }
    public var metadata: Tree? { tree["metadata"] }
    public var spec: Tree? { tree["spec"] }
    public var status: Tree? { tree["status"] }

    public var generation: Int { metadata?["generation"]?.int ?? 0 }
    public var annotations: [String: String] { metadata?["annotations"]?.stringMap ?? [:] }
    public var finalizers: [String] { metadata?["finalizers"]?.strings ?? [] }
    public var creationTimestamp: Timestamp? { metadata?["creationTimestamp"]?.string.flatMap { Timestamp($0) } }
    public var deletionTimestamp: Timestamp? { metadata?["deletionTimestamp"]?.string.flatMap { Timestamp($0) } }
    public var deletionGracePeriodSeconds: Int? { metadata?["deletionGracePeriodSeconds"]?.int }
    public var isBeingDeleted: Bool { metadata?["deletionTimestamp"]?.string != nil }
    public var ownerReferences: [OwnerReference] { metadata?["ownerReferences"]?.elements.map(OwnerReference.init) ?? [] }

    /// The owner that manages this object, of which there is at most one.
    public var controller: OwnerReference? { ownerReferences.first(where: \.isController) }
}

/// An entry of `metadata.ownerReferences`.
public struct OwnerReference: Sendable, Hashable {
    public var apiVersion: String
    public var kind: String
    public var name: String
    public var uid: String
    public var isController: Bool
    public var blocksOwnerDeletion: Bool

    public init(_ tree: Tree) {
        apiVersion = tree["apiVersion"]?.string ?? ""
        kind = tree["kind"]?.string ?? ""
        name = tree["name"]?.string ?? ""
        uid = tree["uid"]?.string ?? ""
        isController = tree["controller"]?.bool ?? false
        blocksOwnerDeletion = tree["blockOwnerDeletion"]?.bool ?? false
    }

    /// A reference that makes `owner` the controller of what carries it.
    public init(controller owner: APIObject, apiVersion: String, kind: String) {
        self.apiVersion = apiVersion
        self.kind = kind
        name = owner.name
        uid = owner.uid
        isController = true
        blocksOwnerDeletion = true
    }

    public var value: Value {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
            "controller": .bool(isController), "blockOwnerDeletion": .bool(blocksOwnerDeletion),
        ]
    }
}

/// A typed view: a name for the fields that code reads, nothing stored.
public protocol ObjectView: Sendable {
    var object: APIObject { get }
    init(_ object: APIObject)
}

extension ObjectView {
    public var name: String { object.name }
    public var namespace: String { object.namespace }
    public var uid: String { object.uid }
    public var key: ObjectKey { object.key }
    public var labels: [String: String] { object.labels }
    public var annotations: [String: String] { object.annotations }
    public var generation: Int { object.generation }
    public var isBeingDeleted: Bool { object.isBeingDeleted }
    public var spec: Tree? { object.spec }
    public var status: Tree? { object.status }
}
