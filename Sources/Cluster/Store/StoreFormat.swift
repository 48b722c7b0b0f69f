import GRDB

/// The tables of a store's file, as the steps that lead to them from any older format.
enum StoreFormat {
    typealias Step = @Sendable (Database) throws -> Void

    /// "skif": tells a store from another program's database.
    static let applicationID = 0x736B_6966

    /// Step n leads from format n (`PRAGMA user_version`; 0 is an empty file) to n + 1. Steps are never changed, only added.
    static let steps: [Step] = [
        // A row an object, found by the revision of its creation, so that creations append; that no key is there twice is checked in
        // memory.
        { database in
            try database.execute(
                sql: """
                    CREATE TABLE objects (
                        created INTEGER PRIMARY KEY, key TEXT NOT NULL, revision INTEGER NOT NULL, checksum INTEGER NOT NULL, bytes BLOB NOT NULL
                    );
                    CREATE TABLE newest (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
                    INSERT INTO newest VALUES (0, 1);
                    PRAGMA application_id = \(applicationID);
                    """)
        }
    ]

    /// The format of a file; 0 for an empty one.
    /// - Throws: ``StoreError/newerFormat(path:found:known:)``, ``StoreError/corrupt(path:reason:)`` for another program's database.
    static func found(in database: Database, path: String, known: Int = steps.count) throws -> Int {
        let format = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        let owner = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard owner == applicationID || (tables == 0 && format == 0 && owner == 0) else {
            throw StoreError.corrupt(path: path, reason: "it is another program's database")
        }
        guard format <= known else { throw StoreError.newerFormat(path: path, found: format, known: known) }
        return format
    }

    /// Brings the file to the newest format, each step whole or not at all.
    static func migrate(_ database: Database, path: String, steps: [Step] = steps) throws {
        for format in try found(in: database, path: path, known: steps.count)..<steps.count {
            try database.inTransaction {
                try steps[format](database)
                try database.execute(sql: "PRAGMA user_version = \(format + 1)")
                return .commit
            }
        }
    }
}
