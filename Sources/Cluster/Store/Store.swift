import ClusterObjects

/// The number of a write. Every write gets the next one; a store starts at 1.
public typealias Revision = Int64

/// Keeps the objects of a cluster: orders writes, makes them durable, and tells watchers.
///
/// An object is bytes under a collection (`deployments.apps`) and a path (`namespace/name`, or `name` for what is cluster-scoped); as one
/// key: `/registry/<group>/<resource>/<namespace>/<name>`. The bytes do not carry the revision, which is known only when they are written.
/// Reads are answered from memory and never wait for a write. Conformers: ``SQLiteStore`` and ``MemoryStore``.
public protocol Store: Sendable {
    /// The newest revision of all. Everything up to it can be read.
    var revision: Revision { get }

    /// The current object. O(log n).
    func get(_ collection: GroupResource, _ path: String) -> StoredObject?

    /// A collection as it is now. O(1).
    func snapshot(_ collection: GroupResource) -> Snapshot

    /// A collection as it was at a revision. O(changes since).
    /// - Throws: ``StoreError/expired(oldest:)`` when history does not reach back so far, ``StoreError/future(current:)`` when that
    ///   revision is not there yet.
    func snapshot(_ collection: GroupResource, at revision: Revision) throws(StoreError) -> Snapshot

    /// Makes one change durable and gives it a revision. Returns the object as it is now; of a deletion, as it was, with the deletion's revision.
    /// - Throws: ``StoreError/exists(_:)``, ``StoreError/conflict(_:)``, ``StoreError/notFound``, and what keeps the disk from taking it.
    func write(_ change: Change, to collection: GroupResource, _ path: String) async throws(StoreError) -> StoredObject

    /// The changes of a collection after a revision, each once and in order.
    /// - Parameter namespace: only changes below `namespace/`; nil for all.
    func watch(_ collection: GroupResource, namespace: String?, after revision: Revision) throws(StoreError) -> StoreWatch

    /// Every collection that has or had an object since the start.
    var collections: [GroupResource] { get }

    /// Whether writes go through. Costs nothing while they do; after one has failed for the disk it is tried again.
    /// - Throws: what keeps the disk from taking a write.
    func checkWritable() async throws(StoreError)

    /// Nothing more is written.
    var isClosed: Bool { get }

    /// What a check of the whole file has found; none where there has been none.
    var damage: [String] { get }

    /// Refuses further writes, ends watches, lets go of files. What was acknowledged stays.
    func close() async
}

extension Store {
    public func checkWritable() async throws(StoreError) {}
    public var damage: [String] { [] }
}

/// An object at rest.
public struct StoredObject: Sendable {
    /// `namespace/name` or `name`.
    public var path: String
    /// JSON without `metadata.resourceVersion`. Empty when the object was found damaged on disk.
    public var bytes: [UInt8]
    /// Of the last change.
    public var revision: Revision
    /// Of the creation.
    public var createRevision: Revision

    public init(path: String, bytes: [UInt8], revision: Revision, createRevision: Revision) {
        self.path = path
        self.bytes = bytes
        self.revision = revision
        self.createRevision = createRevision
    }

    /// The bytes on disk do not have the checksum they were written with: to be restored from a backup, never to be served.
    public var isDamaged: Bool { bytes.isEmpty }
}

/// What a write does to one object.
public enum Change: Sendable {
    case create([UInt8])
    /// Replaces the object when its revision is still this one.
    case update([UInt8], expecting: Revision)
    /// Removes the object when its revision is still this one. `last`: how watchers see it go, when not as it was.
    case delete(expecting: Revision, last: [UInt8]? = nil)
}

/// A change as watchers see it.
public struct StoreEvent: Sendable {
    public enum Kind: Sendable { case created, updated, deleted }

    public var kind: Kind
    /// As it is after the change; of a deletion as it was, with the revision of the deletion.
    public var object: StoredObject
    /// As it was before.
    public var previous: StoredObject?

    public var revision: Revision { object.revision }
}

/// Why the store did not do what was asked.
public enum StoreError: Error, Sendable, CustomStringConvertible {
    case notFound
    /// Creation of what is there.
    case exists(StoredObject)
    /// The object has changed: this is what it is now.
    case conflict(StoredObject)
    /// The object on disk is not what was written; it can be restored, and nothing else.
    case damaged(StoredObject)
    /// History begins after that revision; `oldest` is the oldest that can be asked for.
    case expired(oldest: Revision)
    case future(current: Revision)
    /// No space for the write. Nothing of it was kept.
    case diskFull(path: String)
    /// The file could not be written or read.
    case failed(path: String, reason: String)
    /// The file is no store, cut short or damaged.
    case corrupt(path: String, reason: String)
    /// Written by a later version of Skiff.
    case newerFormat(path: String, found: Int, known: Int)
    /// Another process has it open.
    case locked(path: String, pid: Int32?)
    case closed

    public var description: String {
        switch self {
        case .notFound: "not found"
        case .exists(let object): "\(object.path) already exists"
        case .conflict(let object): "\(object.path) has been modified (it is at revision \(object.revision))"
        case .damaged(let object): "\(object.path) is damaged on disk; restore it from a backup with `skiff restore`"
        case .expired(let oldest): "the history before revision \(oldest) has been compacted"
        case .future(let current): "the newest revision is \(current)"
        case .diskFull(let path): "no space left for \(path): free some on its disk; nothing was changed"
        case .failed(let path, let reason): "\(path): \(reason)"
        case .corrupt(let path, let reason): "\(path) is damaged: \(reason); restore it from a backup with `skiff restore`"
        case .newerFormat(let path, let found, let known):
            "\(path) was written by a newer Skiff (format \(found), this one knows up to \(known)): use that version"
        case .locked(let path, let pid):
            "\(path) is in use by " + (pid.map { "process \($0)" } ?? "another process")
        case .closed: "the store is closed"
        }
    }
}
