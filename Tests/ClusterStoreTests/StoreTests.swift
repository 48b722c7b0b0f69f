import ClusterObjects
import Foundation
import GRDB
import Logging
import Testing

@testable import ClusterStore

enum Kind: String, CaseIterable, Sendable { case memory, sqlite }

private func withStore(_ kind: Kind, history: HistoryLimits = HistoryLimits(), _ body: (any Store) async throws -> Void) async throws {
    let directory = folder()
    let store: any Store =
        switch kind {
        case .memory: MemoryStore(history: history)
        case .sqlite: try SQLiteStore(directory: directory, history: history, logger: quiet)
        }
    try await body(store)
    await store.close()
    try? FileManager.default.removeItem(atPath: directory)
}

@Suite struct StoreTests {
    @Test(arguments: Kind.allCases)
    func `a write gets the next revision and is read back`(kind: Kind) async throws {
        try await withStore(kind) { store in
            let start = store.revision
            let made = try await store.write(.create(bytes("a")), to: pods, "default/a")
            #expect(made.revision == start + 1)
            #expect(made.createRevision == made.revision)
            #expect(store.get(pods, "default/a")?.bytes == bytes("a"))
            #expect(store.revision == made.revision)
            let changed = try await store.write(.update(bytes("b"), expecting: made.revision), to: pods, "default/a")
            #expect(changed.createRevision == made.revision)
            let gone = try await store.write(.delete(expecting: changed.revision), to: pods, "default/a")
            #expect(gone.revision == start + 3)
            #expect(gone.bytes == bytes("b"))
            #expect(store.get(pods, "default/a") == nil)
        }
    }

    @Test(arguments: Kind.allCases)
    func `a change of another revision than the current one is refused with the current object`(kind: Kind) async throws {
        try await withStore(kind) { store in
            let made = try await store.write(.create(bytes("a")), to: pods, "default/a")
            await #expect { _ = try await store.write(.update(bytes("b"), expecting: made.revision - 1), to: pods, "default/a") } throws: {
                if case .conflict(let current) = $0 as? StoreError { current.bytes == bytes("a") } else { false }
            }
            await #expect { _ = try await store.write(.create(bytes("b")), to: pods, "default/a") } throws: {
                if case .exists = $0 as? StoreError { true } else { false }
            }
            await #expect { _ = try await store.write(.delete(expecting: 1), to: pods, "default/b") } throws: {
                if case .notFound = $0 as? StoreError { true } else { false }
            }
            #expect(store.revision == made.revision)
        }
    }

    @Test(arguments: Kind.allCases)
    func `of many writers that change one object at one revision exactly one wins`(kind: Kind) async throws {
        try await withStore(kind) { store in
            let made = try await store.write(.create(bytes("a")), to: pods, "default/a")
            let winners = await withTaskGroup(of: Int.self) { group in
                for index in 0..<50 {
                    group.addTask {
                        let change = Change.update(bytes("\(index)"), expecting: made.revision)
                        return (try? await store.write(change, to: pods, "default/a")) == nil ? 0 : 1
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(winners == 1)
        }
    }

    @Test(arguments: Kind.allCases)
    func `a watch hands out every change after its revision once and in order`(kind: Kind) async throws {
        try await withStore(kind) { store in
            let start = store.revision
            let watch = try store.watch(pods, namespace: nil, after: start)
            let total = 1000
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<20 {
                    group.addTask {
                        for index in 0..<total / 20 {
                            _ = try? await store.write(.create(bytes("x")), to: pods, "default/\(writer)-\(index)")
                        }
                    }
                }
                group.addTask {
                    var seen: [Revision] = []
                    var position = start
                    while seen.count < total, let batch = try? await watch.next(after: position) {
                        seen += batch.events.map(\.revision)
                        position = batch.revision
                    }
                    #expect(seen == Array(start + 1...start + Revision(total)))
                }
            }
        }
    }

    @Test func `a watch of a namespace sees only that one`() async throws {
        let store = MemoryStore()
        let watch = try store.watch(pods, namespace: "a", after: store.revision)
        let start = store.revision
        for path in ["a-b/x", "a/x", "b/x"] { _ = try await store.write(.create(bytes("x")), to: pods, path) }
        let batch = try #require(try await watch.next(after: start))
        #expect(batch.events.map(\.object.path) == ["a/x"])
        #expect(batch.revision == store.revision)
    }

    @Test func `a cancelled or woken watch returns without an event`() async throws {
        let store = MemoryStore()
        let watch = try store.watch(pods, namespace: nil, after: store.revision)
        let waiting = Task { try await watch.next(after: store.revision) }
        watch.wake()
        #expect(try await waiting.value?.events.isEmpty == true)
        let other = Task { try await watch.next(after: store.revision) }
        other.cancel()
        #expect(try await other.value?.events.isEmpty == true)
        let last = Task { try await watch.next(after: store.revision) }
        await store.close()
        #expect(try await last.value == nil)
    }

    @Test func `who asks for more history than is kept is told so`() async throws {
        let store = MemoryStore(history: HistoryLimits(count: 10))
        let start = store.revision
        let watch = try store.watch(pods, namespace: nil, after: start)
        for index in 0..<100 { _ = try await store.write(.create(bytes("x")), to: pods, "default/\(index)") }
        #expect(throws: StoreError.self) { _ = try store.watch(pods, namespace: nil, after: start) }
        await #expect { _ = try await watch.next(after: start) } throws: {
            if case .expired(let oldest) = $0 as? StoreError { oldest == start + 90 } else { false }
        }
        #expect(throws: StoreError.self) { _ = try store.snapshot(pods, at: start + 1) }
        #expect(try store.snapshot(pods, at: start + 95).count == 95)
        #expect(throws: StoreError.self) { _ = try store.snapshot(pods, at: start + 101) }
    }

    @Test func `an older snapshot is the collection as it was`() async throws {
        var random = SystemRandomNumberGenerator()
        let store = MemoryStore()
        var states: [(Revision, [String: [UInt8]])] = []
        var current: [String: [UInt8]] = [:]
        for step in 0..<600 {
            let path = "ns\(Int.random(in: 0..<4, using: &random))/\(Int.random(in: 0..<100, using: &random))"
            let content = bytes("\(step)")
            if let found = store.get(pods, path) {
                if Bool.random(using: &random) {
                    _ = try await store.write(.delete(expecting: found.revision), to: pods, path)
                    current[path] = nil
                } else {
                    _ = try await store.write(.update(content, expecting: found.revision), to: pods, path)
                    current[path] = content
                }
            } else {
                _ = try await store.write(.create(content), to: pods, path)
                current[path] = content
            }
            states.append((store.revision, current))
        }
        for (revision, state) in states {
            let snapshot = try store.snapshot(pods, at: revision)
            let objects = Array(snapshot.range())
            #expect(objects.map(\.path) == state.keys.sorted { Fields.precedes($0, $1) })
            #expect(Dictionary(uniqueKeysWithValues: objects.map { ($0.path, $0.bytes) }) == state)
        }
        let now = store.snapshot(pods)
        let inNamespace = Array(now.range(namespace: "ns1"))
        #expect(inNamespace.map(\.path) == current.keys.filter { $0.hasPrefix("ns1/") }.sorted { Fields.precedes($0, $1) })
        if let middle = inNamespace.dropFirst(3).first {
            var rest = now.range(namespace: "ns1", after: middle.path)
            #expect(rest.remaining == inNamespace.count - 4)
            #expect(rest.next()?.path == inNamespace.dropFirst(4).first?.path)
        }
    }
}

@Suite struct SQLiteStoreTests {
    @Test func `what was written is there after opening again, with the same revisions`() async throws {
        let directory = folder()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var store = try SQLiteStore(directory: directory, logger: quiet)
        let made = try await store.write(.create(bytes("a")), to: pods, "default/a")
        let node = try await store.write(.create(bytes("n")), to: GroupResource("", "nodes"), "n1")
        _ = try await store.write(.update(bytes("b"), expecting: made.revision), to: pods, "default/a")
        _ = try await store.write(.delete(expecting: node.revision), to: GroupResource("", "nodes"), "n1")
        let revision = store.revision
        await store.close()
        store = try SQLiteStore(directory: directory, logger: quiet)
        #expect(store.revision == revision)
        #expect(store.get(pods, "default/a")?.bytes == bytes("b"))
        #expect(store.get(pods, "default/a")?.createRevision == made.revision)
        #expect(store.get(GroupResource("", "nodes"), "n1") == nil)
        #expect(throws: StoreError.self) { _ = try store.watch(pods, namespace: nil, after: revision - 1) }
        _ = try store.watch(pods, namespace: nil, after: revision)
        let mode = try #require(FileManager.default.attributesOfItem(atPath: directory)[.posixPermissions] as? Int)
        #expect(mode == 0o700)
        await store.close()
    }

    @Test func `a second writer is refused and told who the first one is`() async throws {
        let directory = folder()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteStore(directory: directory, logger: quiet)
        #expect {
            _ = try SQLiteStore(directory: directory, logger: quiet)
        } throws: {
            "\($0)".contains("in use by process \(getpid())")
        }
        await store.close()
    }

    @Test func `a damaged row comes back as damaged and the others whole`() async throws {
        let directory = folder()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var store = try SQLiteStore(directory: directory, logger: quiet)
        for name in ["a", "b"] { _ = try await store.write(.create(bytes(name)), to: pods, "default/\(name)") }
        await store.close()
        let database = try DatabaseQueue(path: "\(directory)/store.db")
        try await database.write { try $0.execute(sql: "UPDATE objects SET bytes = x'7B7D' WHERE key LIKE '%/a'") }
        try database.close()
        store = try SQLiteStore(directory: directory, logger: quiet)
        #expect(store.get(pods, "default/a")?.isDamaged == true)
        #expect(store.get(pods, "default/b")?.bytes == bytes("b"))
        await store.close()
    }

    @Test func `a newer format, another program's file and a truncated file are refused in words`() async throws {
        let directory = folder()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = "\(directory)/store.db"
        func complaint() -> String {
            do {
                _ = try SQLiteStore(directory: directory, logger: quiet)
                return ""
            } catch { return "\(error)" }
        }
        let store = try SQLiteStore(directory: directory, logger: quiet)
        for index in 0..<200 { _ = try await store.write(.create(bytes("\(index)")), to: pods, "default/\(index)") }
        await store.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
        #expect(complaint().contains("is damaged"))
        try Data(repeating: 0x55, count: 9000).write(to: URL(fileURLWithPath: path))
        #expect(complaint().contains("is damaged"))
        try FileManager.default.removeItem(atPath: path)
        let database = try DatabaseQueue(path: path)
        try await database.write { try $0.execute(sql: "PRAGMA application_id = \(StoreFormat.applicationID); PRAGMA user_version = 99") }
        try database.close()
        #expect(complaint().contains("newer Skiff (format 99"))
    }

    @Test func `a full disk fails the write, keeps nothing of it and loses nothing before it`() async throws {
        let directory = folder()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteStore(directory: directory, logger: quiet, mostPages: 64)
        var kept = 0
        var failure: (any Error)?
        while failure == nil, kept < 1000 {
            do {
                _ = try await store.write(.create([UInt8](repeating: 0x20, count: 8000)), to: pods, "default/\(kept)")
                kept += 1
            } catch { failure = error }
        }
        guard case .diskFull = failure as? StoreError else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(store.get(pods, "default/\(kept)") == nil)
        await store.close()
        let again = try SQLiteStore(directory: directory, logger: quiet)
        #expect(again.snapshot(pods).count == kept)
        await again.close()
    }
}
