import ClusterObjects
import Foundation
import GRDB

/// The SQLite file of a store: a row an object, and the newest revision.
///
/// Rows are found by the revision of their object's creation, so that creations append and nothing but the rows is kept in order;
/// that no key is there twice is checked in memory.
struct StoreFile {
    /// `PRAGMA user_version`.
    static let format = 1
    private static let applicationID = 0x736B_6966

    let path: String
    private let queue: DatabaseQueue

    /// Opens the file, making it when absent.
    /// - Parameter mostPages: SQLite pages the file may have, so that a test can meet a full disk; nil for no bound.
    init(path: String, mostPages: Int? = nil) throws(StoreError) {
        self.path = path
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = "skiff.store"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA cache_size = -1024")
            if let mostPages { try database.execute(sql: "PRAGMA max_page_count = \(mostPages)") }
            if let mostPages { try database.execute(sql: "PRAGMA max_page_count = \(mostPages)") }
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { database in try StoreFile.prepare(database, path: path) }
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
        chmod(path, 0o600)
    }

    private static func prepare(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found <= format else { throw StoreError.newerFormat(path: path, found: found, known: format) }
        guard found == 0 else { return }
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard tables == 0 else { throw StoreError.corrupt(path: path, reason: "it is another program's database") }
        try database.inTransaction {
            try database.execute(
                sql: """
                    CREATE TABLE objects (
                        created INTEGER PRIMARY KEY, key TEXT NOT NULL, revision INTEGER NOT NULL, checksum INTEGER NOT NULL, bytes BLOB NOT NULL
                    );
                    CREATE TABLE newest (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
                    INSERT INTO newest VALUES (0, 1);
                    PRAGMA application_id = \(applicationID);
                    PRAGMA user_version = \(format);
                    """)
            return .commit
        }
    }

    /// Everything in the file. A row that is not what was written comes without bytes.
    func load() throws(StoreError) -> (objects: [(GroupResource, StoredObject)], revision: Revision) {
        do {
            return try queue.read { database in
                guard let revision = try Int64.fetchOne(database, sql: "SELECT revision FROM newest") else {
                    throw StoreError.corrupt(path: path, reason: "it has no newest revision")
                }
                var objects: [(GroupResource, StoredObject)] = []
                let rows = try Row.fetchCursor(
                    database, sql: "SELECT created, key, revision, checksum, bytes FROM objects ORDER BY created")
                while let row = try rows.next() {
                    let key: String = row[1]
                    guard let (collection, path) = StoreFile.parse(key: key) else {
                        throw StoreError.corrupt(path: path, reason: "the key \"\(key)\" is none of the store's")
                    }
                    let bytes = try row.withUnsafeData(atIndex: 4) { data -> [UInt8] in
                        guard let data else { return [] }
                        return [UInt8](unsafeUninitializedCapacity: data.count) { buffer, count in
                            _ = data.copyBytes(to: buffer)
                            count = data.count
                        }
                    }
                    let object = StoredObject(path: path, bytes: bytes, revision: row[2], createRevision: row[0])
                    let isIntact = Checksum.row(key: key, revision: object.revision, bytes: bytes) == row[3] as Int64
                    objects.append((collection, isIntact ? object : object.damaged))
                }
                return (objects, revision)
            }
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
    }

    /// Writes the changes in one transaction, and returns when they are on disk. Nothing is kept when it throws.
    func commit(_ changes: [ObjectTable.Planned]) throws(StoreError) {
        guard let newest = changes.last?.event.revision else { return }
        do {
            try queue.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    let insert = try database.cachedStatement(
                        sql: "INSERT INTO objects (created, key, revision, checksum, bytes) VALUES (?, ?, ?, ?, ?)")
                    let update = try database.cachedStatement(
                        sql: "UPDATE objects SET revision = ?, checksum = ?, bytes = ? WHERE created = ?")
                    let delete = try database.cachedStatement(sql: "DELETE FROM objects WHERE created = ?")
                    for change in changes {
                        let object = change.event.object
                        let key = StoreFile.key(change.collection, object.path)
                        switch change.event.kind {
                        case .created:
                            let checksum = Checksum.row(key: key, revision: object.revision, bytes: object.bytes)
                            insert.setUncheckedArguments([
                                object.createRevision, key, object.revision, checksum, Data(object.bytes),
                            ])
                            try insert.execute()
                        case .updated:
                            let checksum = Checksum.row(key: key, revision: object.revision, bytes: object.bytes)
                            update.setUncheckedArguments([
                                object.revision, checksum, Data(object.bytes), object.createRevision,
                            ])
                            try update.execute()
                        case .deleted:
                            delete.setUncheckedArguments([object.createRevision])
                            try delete.execute()
                        }
                    }
                    let reached = try database.cachedStatement(sql: "UPDATE newest SET revision = ?")
                    reached.setUncheckedArguments([newest])
                    try reached.execute()
                    return .commit
                }
            }
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
    }

    func close() { try? queue.close() }

    // MARK: - Keys

    /// `/registry/<group>/<resource>/<namespace>/<name>`; the core group is written `core`.
    static func key(_ collection: GroupResource, _ path: String) -> String {
        "/registry/\(collection.group.isEmpty ? "core" : collection.group)/\(collection.resource)/\(path)"
    }

    static func parse(key: String) -> (GroupResource, String)? {
        let parts = key.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "registry", !parts[4].isEmpty else { return nil }
        return (GroupResource(parts[2] == "core" ? "" : String(parts[2]), String(parts[3])), String(parts[4]))
    }

    private static func storeError(_ error: any Error, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .failed(path: path, reason: "\(error)") }
        let message = error.message ?? error.resultCode.description
        return switch error.resultCode {
        case .SQLITE_FULL: .diskFull(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt(path: path, reason: message)
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ: .corrupt(path: path, reason: message)
        default: .failed(path: path, reason: message)
        }
    }
}

extension StoredObject {
    var damaged: StoredObject { StoredObject(path: path, bytes: [], revision: revision, createRevision: createRevision) }
}
