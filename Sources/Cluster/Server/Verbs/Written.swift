import ClusterObjects
import ClusterStore

/// What a verb answers with: the object as stored, or as it would be (dry run), or another kind of object that a subresource makes.
enum Written: Sendable {
    case stored(StoredObject, GroupVersionKind)
    case made(Value)

    var object: APIObject {
        switch self {
        case .stored(let object, let gvk): ObjectBytes.object(object, as: gvk)
        case .made(let value): APIObject(value)
        }
    }

    /// As a response body.
    var bytes: [UInt8] {
        switch self {
        case .stored(let object, let gvk): ObjectBytes.read(object, as: gvk)
        case .made(let value): value.json
        }
    }
}

/// What a write answers with, and whether it made the object.
struct WriteResult: Sendable {
    var written: Written
    var isCreated = false

    var object: APIObject { written.object }
}

/// What a deletion answers with: the object as it still is, or nil when it is gone and a Status says so.
struct DeleteResult: Sendable {
    var written: Written?
    /// Of the object, for the Status.
    var uid: String
    /// Whether it stays until finalizers or a grace period have passed.
    var isPending = false

    var object: APIObject? { written?.object }
}
