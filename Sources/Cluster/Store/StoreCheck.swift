import ClusterObjects
import GRDB

/// Reads the whole file of a store, which may be in use, and says what is wrong with it.
public struct StoreCheck: Sendable {
    /// Objects, damaged ones too.
    public var objects = 0
    public var revision: Revision = 0
    /// Keys of objects that are not what was written.
    public var damaged: [String] = []
    /// What SQLite finds wrong with the file's structure.
    public var structure: [String] = []

    public var isWhole: Bool { damaged.isEmpty && structure.isEmpty }

    /// Checks the store in a directory.
    /// - Throws: ``StoreError`` when there is none, or it is so damaged that nothing can be told of it.
    public init(directory: String) throws(StoreError) { try self.init(file: "\(directory)/store.db") }

    init(file path: String) throws(StoreError) {
        do {
            let queue = try StoreFile.readOnly(path)
            defer { try? queue.close() }
            var check = StoreCheck()
            try StoreFile.look(queue) { try check.run($0, path: path) }
            self = check
        } catch {
            throw StoreFile.storeError(error, path: path)
        }
    }

    private init() {}

    private mutating func run(_ database: Database, path: String) throws {
        guard try StoreFormat.found(in: database, path: path) > 0 else {
            throw StoreError.corrupt(path: path, reason: "it is empty")
        }
        structure = try StoreFile.integrity(database)
        revision = try StoreRows.newest(database, path: path)
        var seen: Set<String> = []
        try StoreRows.forEach(database, path: path) { found in
            objects += 1
            if found.object.isDamaged { damaged.append(found.key) }
            if !seen.insert(found.key).inserted { structure.append("\(found.key) is there twice") }
            if found.object.revision > revision { structure.append("\(found.key) is newer than the newest revision") }
        }
    }
}
