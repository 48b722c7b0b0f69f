import ClusterObjects
import Foundation
import GRDB

/// A copy of a store in one file, with the keys that belong to it. It holds every Secret: only its owner may read it.
///
/// The file is a store's, with two tables more: `backup`, one row that says when it was made, and `files`.
public struct StoreBackup: Sendable {
    /// A file that is kept beside the store.
    public struct Kept: Sendable {
        /// Below the state directory, e.g. `pki/ca.key`.
        public var name: String
        public var bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    public var objects: Int
    public var revision: Revision
    /// When it was made, RFC 3339.
    public var made: String
    public var files: [Kept]

    /// Copies the store in a directory, which may be in use, as it is at one revision.
    /// - Parameter file: must not be there yet; gets mode 0600.
    /// - Throws: ``StoreError``; nothing is left of a backup that failed.
    public static func make(of directory: String, to file: String, files: [Kept], made: String) throws(StoreError) -> StoreBackup {
        let temporary = "\(file).part"
        do {
            guard access(file, F_OK) != 0 else { throw StoreError.failed(path: file, reason: "is there already: name another file") }
            try StoreFiles.makePrivate(temporary)
            do {
                try copy(of: "\(directory)/store.db", to: temporary)
                let backup = try complete(temporary, files: files, made: made)
                try StoreFiles.move(temporary, to: file)
                return backup
            } catch {
                unlink(temporary)
                throw error
            }
        } catch {
            throw StoreFile.storeError(error, path: file)
        }
    }

    private static func copy(of store: String, to file: String) throws {
        do {
            let source = try StoreFile.readOnly(store)
            defer { try? source.close() }
            try source.writeWithoutTransaction { database in
                guard try StoreFormat.found(in: database, path: store) > 0 else {
                    throw StoreError.corrupt(path: store, reason: "it is empty")
                }
                try database.execute(sql: "VACUUM INTO ?", arguments: [file])
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB {
            throw StoreFile.storeError(error, path: store)
        }
    }

    /// Puts the files into the copy, and makes sure that all of it is what was written.
    private static func complete(_ path: String, files: [Kept], made: String) throws -> StoreBackup {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE backup (made TEXT NOT NULL);
                    CREATE TABLE files (name TEXT PRIMARY KEY, checksum INTEGER NOT NULL, bytes BLOB NOT NULL);
                    """)
            try database.execute(sql: "INSERT INTO backup VALUES (?)", arguments: [made])
            for file in files {
                try database.execute(
                    sql: "INSERT INTO files VALUES (?, ?, ?)",
                    arguments: [file.name, Checksum.row(key: file.name, revision: 0, bytes: file.bytes), Data(file.bytes)])
            }
        }
        return try StoreFile.look(queue) { try StoreBackup(reading: $0, path: path) }
    }

    /// Reads a backup whole.
    /// - Throws: ``StoreError`` when it is none, or anything in it is not what was written.
    public init(file: String) throws(StoreError) {
        do {
            let queue = try StoreFile.readOnly(file)
            defer { try? queue.close() }
            self = try StoreFile.look(queue) { try StoreBackup(reading: $0, path: file) }
        } catch {
            throw StoreFile.storeError(error, path: file)
        }
    }

    private init(reading database: Database, path: String) throws {
        guard try StoreFormat.found(in: database, path: path) > 0, try database.tableExists("backup"),
            let made = try String.fetchOne(database, sql: "SELECT made FROM backup")
        else { throw StoreError.failed(path: path, reason: "is no backup that `skiff backup` made") }
        let problems = try StoreFile.integrity(database)
        guard problems.isEmpty else { throw StoreError.corrupt(path: path, reason: problems.joined(separator: "; ")) }
        var count = 0
        try StoreRows.forEach(database, path: path) { found in
            count += 1
            if found.object.isDamaged { throw StoreError.corrupt(path: path, reason: "\(found.key) is not what was written") }
        }
        var files: [Kept] = []
        for row in try Row.fetchAll(database, sql: "SELECT name, checksum, bytes FROM files ORDER BY name") {
            let file = Kept(name: row[0], bytes: [UInt8](row[2] as Data))
            guard Checksum.row(key: file.name, revision: 0, bytes: file.bytes) == row[1] as Int64 else {
                throw StoreError.corrupt(path: path, reason: "\(file.name) is not what was written")
            }
            files.append(file)
        }
        self.made = made
        self.files = files
        objects = count
        revision = try StoreRows.newest(database, path: path)
    }
}
