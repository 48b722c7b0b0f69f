import ClusterObjects
import ClusterStore
import Foundation

/// Copies of a cluster in one file: the store, and the keys of its CA and its service accounts.
extension Engine {
    /// Copies the cluster of a state directory, whether its engine runs or not.
    /// - Returns: what was done, in a sentence.
    /// - Throws: ``EngineError``
    public static func backUp(_ state: StateDirectory, to file: String) throws(EngineError) -> String {
        guard access("\(state.store)/store.db", F_OK) == 0 else { throw EngineError("no cluster in \(state.path)") }
        do {
            let backup = try StoreBackup.make(of: state.store, to: file, files: keys(of: state), made: Timestamp.system().description)
            return """
                \(file) holds \(backup.objects) objects at revision \(backup.revision)
                It holds every Secret and the cluster's private keys too: keep it as you keep those.
                """
        } catch {
            throw EngineError("\(error)")
        }
    }

    private static func keys(of state: StateDirectory) throws -> [StoreBackup.Kept] {
        try FileManager.default.contentsOfDirectory(atPath: state.keys).sorted().map { name in
            StoreBackup.Kept(name: "pki/\(name)", bytes: Array(try Data(contentsOf: URL(fileURLWithPath: "\(state.keys)/\(name)"))))
        }
    }

    /// Puts a backup in the place of a state directory's cluster, whose engine must not run; what was there is kept aside.
    /// - Returns: what was done, in a sentence.
    /// - Throws: ``EngineError``
    public static func restore(_ state: StateDirectory, from file: String) throws(EngineError) -> String {
        try state.prepare()
        let time = Timestamp.system().description.filter { $0 != ":" && $0 != "-" }
        let aside = "\(state.path)/before-restore-\(time)"
        do {
            guard mkdir(aside, 0o700) == 0 else { throw EngineError("\(aside) cannot be made: \(String(cString: strerror(errno)))") }
            defer { rmdir(aside) }
            let backup = try StoreBackup.restore(file, to: state.store, aside: aside) { backup in
                try replaceKeys(of: state, backup.files, aside: aside)
            }
            let kept = (try? FileManager.default.contentsOfDirectory(atPath: aside))?.isEmpty == false
            return "restored \(backup.objects) objects as they were at \(backup.made)" + (kept ? "; what was there is in \(aside)" : "")
        } catch let error as StoreError {
            if case .locked(_, let pid) = error {
                let owner = pid.map { "process \($0)" } ?? "another process"
                throw EngineError("the engine of \(state.path) runs, \(owner): stop it first, `skiff down` does")
            }
            throw EngineError(error.description)
        } catch {
            throw error as? EngineError ?? EngineError("\(error)")
        }
    }

    private static func replaceKeys(of state: StateDirectory, _ files: [StoreBackup.Kept], aside: String) throws {
        let fresh = "\(state.keys).restored"
        let manager = FileManager.default
        try? manager.removeItem(atPath: fresh)
        try manager.createDirectory(atPath: fresh, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for file in files {
            let parts = file.name.split(separator: "/", omittingEmptySubsequences: false)
            // A backup from elsewhere must not write elsewhere.
            guard parts.count == 2, parts[0] == "pki", !parts[1].isEmpty, parts[1] != ".", parts[1] != ".." else {
                throw EngineError("the backup holds a file \(file.name), which has no place in a cluster")
            }
            guard
                manager.createFile(
                    atPath: "\(fresh)/\(parts[1])", contents: Data(file.bytes), attributes: [.posixPermissions: 0o600])
            else { throw EngineError("\(fresh)/\(parts[1]) cannot be written") }
        }
        if manager.fileExists(atPath: state.keys) { try manager.moveItem(atPath: state.keys, toPath: "\(aside)/pki") }
        try manager.moveItem(atPath: fresh, toPath: state.keys)
    }

    /// Reads the whole store of a state directory, whether its engine runs or not.
    /// - Returns: what is wrong with it, line by line, and how much there is.
    /// - Throws: ``EngineError`` when there is none or it cannot be read at all.
    public static func check(_ state: StateDirectory) throws(EngineError) -> (problems: [String], summary: String) {
        guard access("\(state.store)/store.db", F_OK) == 0 else { throw EngineError("no cluster in \(state.path)") }
        do throws(StoreError) {
            let check = try StoreCheck(directory: state.store)
            let summary = "\(check.objects) objects at revision \(check.revision)"
            return (check.damaged.map { "\($0) is damaged" } + check.structure, summary)
        } catch {
            throw EngineError(error.description)
        }
    }
}
