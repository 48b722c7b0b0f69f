import ClusterObjects
import Dispatch
import Logging
import Synchronization

/// The store of one machine: SQLite in a directory of its own, one writer, everything current in memory.
///
/// Writes that come at the same time share one transaction and one fsync (group commit). A write is acknowledged, and seen by readers,
/// only when it is on disk.
public final class SQLiteStore: Store {
    private struct Pending: Sendable {
        var request: ObjectTable.Request
        var continuation: CheckedContinuation<Result<StoredObject, StoreError>, Never>
    }

    private struct Queue {
        var pending: [Pending] = []
        var isWriting = false
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let table: ObjectTable
    // Used on `writer` alone, but for opening and closing.
    private let file: StoreFile
    private let lock: DirectoryLock
    private let queue = Mutex(Queue())
    private let writer = DispatchQueue(label: "skiff.store.writer")
    private let logger: Logger
    /// What was found when the file was checked.
    private let findings = Mutex<[String]>([])
    /// Why the last commit failed; empty when it did not.
    private let lastProblem = Mutex("")
    /// Changes in one transaction at most, so that the first of many does not wait for all.
    private static let mostPerCommit = 512

    /// Opens the store in a directory, making both when absent; the directory gets mode 0700.
    /// - Throws: ``StoreError/locked(path:pid:)``, ``StoreError/corrupt(path:reason:)``, ``StoreError/newerFormat(path:found:known:)``,
    ///   ``StoreError/diskFull(path:)``, ``StoreError/failed(path:reason:)``.
    public convenience init(
        directory: String, history: HistoryLimits = HistoryLimits(), encryption: Encryption = .none, logger: Logger
    ) throws(StoreError) {
        try self.init(directory: directory, history: history, encryption: encryption, logger: logger, mostPages: nil)
    }

    /// As the public one, for tests: with a bound on the file, as a full disk has, and a clock of their own, in seconds.
    init(
        directory: String, history: HistoryLimits = HistoryLimits(), encryption: Encryption = .none, logger: Logger,
        mostPages: Int? = nil,
        now: @escaping @Sendable () -> Double = ObjectTable.uptime
    ) throws(StoreError) {
        self.logger = logger
        lock = try DirectoryLock(directory: directory)
        file = try StoreFile(path: "\(directory)/store.db", encryption: encryption, mostPages: mostPages)
        let table = ObjectTable(limits: history, now: now)
        let revision = try file.load { found in
            table.load(found.object, into: found.collection)
            if found.object.isDamaged {
                logger.error("object damaged on disk, to be restored with `skiff restore`", metadata: ["key": "\(found.key)"])
            }
        }
        table.begin(at: revision)
        self.table = table
        if file.wasLeftOpen { checkInBackground() }
    }

    /// The last owner was killed, or the machine was: what was loaded has been verified, the rest of the file is looked at now.
    private func checkInBackground() {
        DispatchQueue.global(qos: .background).async { [self] in
            do throws(StoreError) {
                let check = try StoreCheck(file: file.path)
                guard !check.isWhole else { return }
                let found = check.structure + check.damaged.map { "\($0) is damaged" }
                logger.error(
                    "the store is damaged; see `skiff check`, and restore it with `skiff restore`", metadata: ["found": "\(found)"])
                findings.withLock { $0 = found }
            } catch {
                logger.error("the store could not be checked", metadata: ["error": "\(error)"])
                findings.withLock { $0 = ["\(error)"] }
            }
        }
    }

    public var isClosed: Bool { queue.withLock { $0.isClosed } }
    public var damage: [String] { findings.withLock { $0 } }

    public func checkWritable() async throws(StoreError) {
        guard lastProblem.withLock({ !$0.isEmpty }) else { return }
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            writer.async {
                if self.queue.withLock({ $0.isClosed }) { return continuation.resume(returning: .failure(.closed)) }
                do throws(StoreError) {
                    try self.file.probe()
                    self.note(nil)
                    continuation.resume(returning: .success(()))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
        try result.get()
    }

    public var revision: Revision { table.revision }
    public var collections: [GroupResource] { table.collections }
    public func get(_ collection: GroupResource, _ path: String) -> StoredObject? { table.get(collection, path) }

    public func snapshot(_ collection: GroupResource) -> Snapshot { table.snapshot(collection) }

    public func snapshot(_ collection: GroupResource, at revision: Revision) throws(StoreError) -> Snapshot {
        try table.snapshot(collection, at: revision)
    }

    public func watch(_ collection: GroupResource, namespace: String?, after revision: Revision) throws(StoreError) -> StoreWatch {
        try table.watch(collection, namespace: namespace, after: revision)
    }

    public func write(_ change: Change, to collection: GroupResource, _ path: String) async throws(StoreError) -> StoredObject {
        let request = ObjectTable.Request(change: change, collection: collection, path: path)
        let result: Result<StoredObject, StoreError> = await withCheckedContinuation { continuation in
            let (refused, start) = queue.withLock { queue -> (Bool, Bool) in
                if queue.isClosed { return (true, false) }
                queue.pending.append(Pending(request: request, continuation: continuation))
                defer { queue.isWriting = true }
                return (false, !queue.isWriting)
            }
            if refused { continuation.resume(returning: .failure(.closed)) }
            if start { writer.async { self.drain() } }
        }
        return try result.get()
    }

    /// Commits what is pending until nothing is. On `writer`.
    private func drain() {
        while true {
            let batch = queue.withLock { queue -> [Pending] in
                let batch = Array(queue.pending.prefix(SQLiteStore.mostPerCommit))
                queue.pending.removeFirst(batch.count)
                return batch
            }
            if batch.isEmpty {
                let closers = queue.withLock { queue -> [CheckedContinuation<Void, Never>]? in
                    guard queue.pending.isEmpty else { return nil }
                    queue.isWriting = false
                    defer { queue.closers = [] }
                    return queue.closers
                }
                guard let closers else { continue }
                for closer in closers { closer.resume() }
                return
            }
            commit(batch)
        }
    }

    private func commit(_ batch: [Pending]) {
        var results = table.plan(batch.map(\.request))
        let planned = results.compactMap { try? $0.get() }
        do throws(StoreError) {
            try write(planned)
            table.publish(planned)
            note(nil)
        } catch {
            note(error)
            results = results.map { result in result.flatMap { _ in .failure(error) } }
        }
        for (pending, result) in zip(batch, results) { pending.continuation.resume(returning: result.map(\.event.object)) }
    }

    private func write(_ planned: [ObjectTable.Planned]) throws(StoreError) {
        do throws(StoreError) { try file.commit(planned) } catch {
            guard case .diskFull = error, file.makeRoom() else { throw error }
            try file.commit(planned)
        }
    }

    /// Logs that writing has begun to fail, and that it goes again: once each, as the log may be on the same disk. On `writer`.
    private func note(_ problem: StoreError?) {
        let text = problem.map { "\($0)" } ?? ""
        guard
            lastProblem.withLock({ last in
                defer { last = text }
                return last != text
            })
        else { return }
        if let problem {
            logger.error("writes fail; reads go on", metadata: ["error": "\(problem)"])
        } else {
            logger.notice("writes go to disk again")
        }
    }

    public func close() async {
        await withCheckedContinuation { continuation in
            let idle = queue.withLock { queue -> Bool in
                queue.isClosed = true
                if queue.isWriting { queue.closers.append(continuation) }
                return !queue.isWriting
            }
            if idle { continuation.resume() }
        }
        table.close()
        file.close()
        lock.release()
    }
}
