import Foundation
import GRDB

extension StoreFile {
    /// Writes rows as they would be written now: with the key that is first, or plain. That is how keys are changed: the new one goes
    /// first in the configuration, at the next start nothing needs the old one any more. Revisions stay, nobody is told.
    /// - Parameter rows: the revisions of their objects' creation.
    func reseal(_ rows: [Revision]) throws {
        guard !rows.isEmpty else { return }
        try queue.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                let read = try database.makeStatement(sql: "SELECT key, revision, bytes FROM objects WHERE created = ?")
                let write = try database.makeStatement(sql: "UPDATE objects SET checksum = ?, bytes = ? WHERE created = ?")
                for created in rows {
                    guard let row = try Row.fetchOne(read, arguments: [created]) else { continue }
                    let key: String = row[0]
                    guard let (collection, _) = StoreFile.parse(key: key) else { continue }
                    let plain = try encryption.opened([UInt8](row[2] as Data), of: collection, key: key).bytes
                    let bytes = try encryption.sealed(plain, of: collection, key: key)
                    try write.execute(arguments: [Checksum.row(key: key, revision: row[1], bytes: bytes), Data(bytes), created])
                }
                return .commit
            }
            // Neither free pages nor the journal keep what stood there before.
            try database.execute(sql: "VACUUM")
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }
}
