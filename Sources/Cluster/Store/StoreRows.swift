import ClusterObjects
import Foundation
import GRDB

/// Reads the rows of a store's file, each held against its checksum.
enum StoreRows {
    struct Found {
        var collection: GroupResource
        var object: StoredObject
        /// For the messages about it.
        var key: String
    }

    /// The newest revision.
    static func newest(_ database: Database, path: String) throws -> Revision {
        guard let revision = try Int64.fetchOne(database, sql: "SELECT revision FROM newest") else {
            throw StoreError.corrupt(path: path, reason: "it has no newest revision")
        }
        return revision
    }

    /// Hands out every object in the order of creation. One whose bytes are not what was written comes damaged: without them.
    /// - Throws: where it cannot even be told which objects there are.
    static func forEach(_ database: Database, path: String, _ take: (Found) throws -> Void) throws {
        var reader = RowReader(path: path)
        var last: Int64 = -1
        do {
            let rows = try Row.fetchCursor(database, sql: "SELECT created, key, revision, checksum, bytes FROM objects ORDER BY created")
            while let row = try rows.next() {
                let bytes = try row.withUnsafeData(atIndex: 4) { data -> [UInt8] in
                    guard let data else { return [] }
                    return [UInt8](unsafeUninitializedCapacity: data.count) { buffer, count in
                        _ = data.copyBytes(to: buffer)
                        count = data.count
                    }
                }
                try take(try reader.found(row, bytes))
                last = row[0]
            }
            return
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {}
        // A page is damaged. Where it holds the rest of a long object, all but that object can still be read.
        let rows = try Row.fetchAll(
            database, sql: "SELECT created, key, revision, checksum FROM objects WHERE created > ? ORDER BY created", arguments: [last])
        for row in rows {
            let created: Int64 = row[0]
            var bytes: [UInt8] = []
            do {
                let data = try Data.fetchOne(database, sql: "SELECT bytes FROM objects WHERE created = ?", arguments: [created])
                bytes = data.map { [UInt8]($0) } ?? []
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {}
            try take(try reader.found(row, bytes))
        }
    }
}

/// Makes objects of rows.
private struct RowReader {
    let path: String
    /// Of the row before: most rows are of the same collection.
    private var last: (prefix: String, collection: GroupResource) = ("", GroupResource("", ""))

    init(path: String) { self.path = path }

    mutating func found(_ row: Row, _ bytes: [UInt8]) throws -> StoreRows.Found {
        let key: String = row[1]
        let name: String
        if !last.prefix.isEmpty, key.hasPrefix(last.prefix) {
            name = String(key.utf8.dropFirst(last.prefix.utf8.count)) ?? ""
        } else {
            guard let (collection, path) = StoreFile.parse(key: key) else {
                throw StoreError.corrupt(path: path, reason: "the key \"\(key)\" is none of the store's")
            }
            last = (StoreFile.key(collection, ""), collection)
            name = path
        }
        var object = StoredObject(path: name, bytes: bytes, revision: row[2], createRevision: row[0])
        if Checksum.row(key: key, revision: object.revision, bytes: bytes) != row[3] as Int64 { object.bytes = [] }
        return StoreRows.Found(collection: last.collection, object: object, key: key)
    }
}
