import ClusterObjects
import GRDB
import Glibc

extension StoreBackup {
    /// How far revisions go on after a restore: what the lost ones said of objects is never said again by another object.
    static let gap: Revision = 1_000_000

    /// Puts a backup in the place of the store in a directory that nobody uses. An interrupted restore leaves the old store or the new
    /// one, and can be run again.
    /// - Parameters:
    ///   - aside: a directory, which must be there, for the store that was; nothing is put there when there was none.
    ///   - replaceFiles: called with the backup, once it is known to be whole, to put its files in place.
    /// - Returns: what was restored, with the revision that the store begins at.
    /// - Throws: ``StoreError/locked(path:pid:)`` while an engine runs; whatever keeps the backup from being read whole.
    public static func restore(
        _ file: String, to directory: String, aside: String, replaceFiles: (StoreBackup) throws -> Void
    ) throws(StoreError) -> StoreBackup {
        let lock = try DirectoryLock(directory: directory)
        defer { lock.release() }
        var backup = try StoreBackup(file: file)
        let store = "\(directory)/store.db"
        let temporary = "\(directory)/restored.db"
        do {
            let old = newestOfOld(store)
            backup.revision = max(backup.revision + gap, old + 1)
            do {
                try StoreFiles.copy(file, to: temporary)
                try strip(temporary, revision: backup.revision)
                try replaceFiles(backup)
                try StoreFiles.link(store, as: "\(aside)/store.db")
                // The old one's changes must not be taken for the new one's.
                for suffix in ["-wal", "-shm"] where access(store + suffix, F_OK) == 0 {
                    try StoreFiles.move(store + suffix, to: "\(aside)/store.db\(suffix)")
                }
                try StoreFiles.move(temporary, to: store)
            } catch {
                unlink(temporary)
                throw error
            }
        } catch {
            throw StoreFile.storeError(error, path: store)
        }
        return backup
    }

    /// The newest revision of the store that is replaced, as far as it can be read. Opening it and closing it again also brings its last
    /// changes into its one file.
    private static func newestOfOld(_ path: String) -> Revision {
        guard access(path, F_OK) == 0, let file = try? StoreFile(path: path) else { return 0 }
        defer { file.close() }
        return (try? file.newest()) ?? 0
    }

    /// Makes a store of a backup's file.
    private static func strip(_ path: String, revision: Revision) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.write { database in
            try database.execute(sql: "DROP TABLE backup; DROP TABLE files;")
            try database.execute(sql: "UPDATE newest SET revision = ?", arguments: [revision])
        }
        try queue.writeWithoutTransaction { try StoreFormat.migrate($0, path: path) }
    }
}
