import ClusterObjects
import Foundation
import GRDB

/// The SQLite file of a store: opens it, and writes to it. Its tables are in ``StoreFormat``, its rows are read by ``StoreRows``.
struct StoreFile {
    let path: String
    /// Whoever had it open before ended without closing it.
    let wasLeftOpen: Bool
    let encryption: Encryption
    let queue: DatabaseQueue

    /// Opens the file, making it when absent.
    /// - Parameters:
    ///   - encryption: how objects stand in it.
    ///   - mostPages: SQLite pages the file may have, so that a test can meet a full disk; nil for no bound.
    init(path: String, encryption: Encryption = .none, mostPages: Int? = nil) throws(StoreError) {
        self.path = path
        self.encryption = encryption
        wasLeftOpen = StoreFile.size("\(path)-wal") > 0
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = "skiff.store"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            // What a large write leaves behind is given back.
            try database.execute(sql: "PRAGMA journal_size_limit = \(16 << 20)")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA cache_size = -1024")
            if let mostPages { try database.execute(sql: "PRAGMA max_page_count = \(mostPages)") }
            // Pages that are let go hold nothing that was ever plain.
            if encryption.isUsed { try database.execute(sql: "PRAGMA secure_delete = ON") }
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                // Here, as GRDB sets NORMAL after it has prepared a database for WAL: a commit would not wait for the disk.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2,
                    try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal"
                else { throw StoreError.failed(path: path, reason: "its file system does not let writes be made durable") }
                try StoreFormat.migrate(database, path: path)
            }
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
        chmod(path, 0o600)
    }

    /// A second look at a file, which another process may be writing.
    static func readOnly(_ path: String) throws -> DatabaseQueue {
        guard StoreFile.size(path) >= 0 else { throw StoreError.failed(path: path, reason: String(cString: strerror(errno))) }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "skiff.store.reader"
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA cache_size = -1024")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Reads at one moment, and ends without a commit: after a damaged page SQLite refuses one, even of nothing.
    static func look<Found>(_ queue: DatabaseQueue, _ body: (Database) throws -> Found) throws -> Found {
        try queue.inDatabase { database in
            try database.execute(sql: "BEGIN")
            defer { try? database.execute(sql: "ROLLBACK") }
            return try body(database)
        }
    }

    /// What SQLite finds wrong with a file's structure, the first twenty things.
    static func integrity(_ database: Database) throws -> [String] {
        do {
            return try String.fetchAll(database, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return [error.message ?? "malformed"]
        }
    }

    /// Bytes of a file; negative where there is none.
    private static func size(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : -1
    }

    /// Hands out everything in the file, deciphered, and returns the newest revision. A row that is not what was written comes without
    /// bytes. Rows that do not stand as they would be written now are written anew.
    /// - Throws: ``StoreError/failed(path:reason:)`` also where a key is missing.
    func load(_ take: (StoreRows.Found) -> Void) throws(StoreError) -> Revision {
        do {
            var outdated: [Revision] = []
            let newest = try StoreFile.look(queue) { database in
                try StoreRows.forEach(database, path: path) { found in
                    var found = found
                    if !found.object.isDamaged {
                        let (bytes, isCurrent) = try encryption.opened(found.object.bytes, of: found.collection, key: found.key)
                        found.object.bytes = bytes
                        if !isCurrent { outdated.append(found.object.createRevision) }
                    }
                    take(found)
                }
                return try StoreRows.newest(database, path: path)
            }
            try reseal(outdated)
            return newest
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
    }

    func newest() throws -> Revision { try queue.read { try StoreRows.newest($0, path: path) } }

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
                            let bytes = try encryption.sealed(object.bytes, of: change.collection, key: key)
                            let checksum = Checksum.row(key: key, revision: object.revision, bytes: bytes)
                            insert.setUncheckedArguments([object.createRevision, key, object.revision, checksum, Data(bytes)])
                            try insert.execute()
                        case .updated:
                            let bytes = try encryption.sealed(object.bytes, of: change.collection, key: key)
                            let checksum = Checksum.row(key: key, revision: object.revision, bytes: bytes)
                            update.setUncheckedArguments([object.revision, checksum, Data(bytes), object.createRevision])
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

    /// Writes what changes nothing, to find out whether the disk takes it.
    func probe() throws(StoreError) {
        do {
            try queue.write { try $0.execute(sql: "UPDATE newest SET revision = revision") }
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
    }

    /// Moves what the write-ahead log holds into the file and gives its space back; false where the file cannot grow either.
    func makeRoom() -> Bool { (try? queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }) != nil }

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

    static func storeError(_ error: any Error, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .failed(path: path, reason: "\(error)") }
        let message = error.message ?? error.resultCode.description
        return switch error.resultCode {
        case .SQLITE_FULL: .diskFull(path: path)
        case .SQLITE_READONLY, .SQLITE_PERM: .failed(path: path, reason: "cannot be written: the file or its file system is read-only")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt(path: path, reason: message)
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ: .corrupt(path: path, reason: message)
        default: .failed(path: path, reason: message)
        }
    }
}
