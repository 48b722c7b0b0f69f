import ClusterObjects
import Foundation
import GRDB
import Testing

@testable import ClusterStore

/// What rots on the disk is found, named, and never taken for something else.
@Suite struct DamageTests {
    /// A store of three objects, the middle one long, then changed by hand.
    private func damaged(_ directory: String, _ harm: (String) throws -> Void) async throws -> SQLiteStore {
        let store = try SQLiteStore(directory: directory, logger: quiet)
        for (name, size) in [("a", 10), ("b", 40_000), ("c", 10)] {
            _ = try await store.write(.create(bytes(String(repeating: name, count: size))), to: pods, "default/\(name)")
        }
        await store.close()
        try harm("\(directory)/store.db")
        return try SQLiteStore(directory: directory, logger: quiet)
    }

    private func zeroPage(of path: String, holding text: String) throws {
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        // Pages that are full of the text: of an object's continuation. Not the first, which may be the one that says where it goes on.
        let full = (1..<file.count / 4096).filter { page in
            file[(page * 4096 + 64)..<(page * 4096 + 4000)].allSatisfy { $0 == text.utf8.first }
        }
        let page = try #require(full.dropFirst(2).first)
        file.replaceSubrange((page * 4096)..<(page * 4096 + 4096), with: Data(count: 4096))
        try file.write(to: URL(fileURLWithPath: path))
    }

    @Test func `an object that is not what was written can be neither changed, removed nor made anew`() async throws {
        try await withFolder { directory in
            let store = try await damaged(directory) { path in
                let database = try DatabaseQueue(path: path)
                try database.write { try $0.execute(sql: "UPDATE objects SET bytes = x'7B7D' WHERE key LIKE '%/a'") }
                try database.close()
            }
            let found = try #require(store.get(pods, "default/a"))
            #expect(found.isDamaged)
            for change in [Change.create(bytes("x")), .update(bytes("x"), expecting: found.revision), .delete(expecting: found.revision)] {
                await #expect { _ = try await store.write(change, to: pods, "default/a") } throws: { "\($0)".contains("skiff restore") }
            }
            #expect(store.snapshot(pods).count == 3)
            #expect(try StoreCheck(directory: directory).damaged == ["/registry/core/pods/default/a"])
            await store.close()
        }
    }

    @Test func `a damaged page costs the one object that lies on it`() async throws {
        try await withFolder { directory in
            let store = try await damaged(directory) { try zeroPage(of: $0, holding: "b") }
            #expect(store.get(pods, "default/a")?.bytes == bytes(String(repeating: "a", count: 10)))
            #expect(store.get(pods, "default/b")?.isDamaged == true)
            #expect(store.get(pods, "default/c")?.isDamaged == false)
            let check = try StoreCheck(directory: directory)
            #expect(check.damaged == ["/registry/core/pods/default/b"])
            #expect(!check.structure.isEmpty)
            await store.close()
        }
    }

    @Test func `a page without which it is not known what there was keeps the store from opening`() async throws {
        try await withFolder { directory in
            await #expect {
                _ = try await damaged(directory) { path in
                    var file = try Data(contentsOf: URL(fileURLWithPath: path))
                    file.replaceSubrange(4096..<8192, with: Data(repeating: 0x5A, count: 4096))
                    try file.write(to: URL(fileURLWithPath: path))
                }
            } throws: { "\($0)".contains("is damaged") && "\($0)".contains("skiff restore") }
        }
    }

    @Test func `after an unclean stop the whole file is looked at`() async throws {
        try await withFolder { directory in
            let store = try SQLiteStore(directory: directory, logger: quiet)
            for name in ["a", "b"] { _ = try await store.write(.create(bytes(name)), to: pods, "default/\(name)") }
            // As a kill leaves it: with its log.
            let copy = folder()
            defer { try? FileManager.default.removeItem(atPath: copy) }
            try FileManager.default.copyItem(atPath: directory, toPath: copy)
            await store.close()
            let database = try DatabaseQueue(path: "\(copy)/store.db")
            try await database.writeWithoutTransaction { database in
                try database.execute(sql: "UPDATE objects SET key = '/registry/core/pods/default/a' WHERE key LIKE '%/b'")
            }
            try FileManager.default.removeItem(atPath: "\(copy)/lock")
            let second = try SQLiteStore(directory: copy, logger: quiet)
            let deadline = ContinuousClock.now + .seconds(60)
            while second.damage.isEmpty, ContinuousClock.now < deadline { await Task.yield() }
            #expect(second.damage.contains { $0.contains("is there twice") })
            await second.close()
            try database.close()
        }
    }

    @Test func `a file system that takes no writes fails them in words, and is tried again`() async throws {
        try await withFolder { directory in
            let store = try SQLiteStore(directory: directory, logger: quiet, mostPages: 24)
            try await store.checkWritable()
            var kept = 0
            while (try? await store.write(.create([UInt8](repeating: 0x20, count: 8000)), to: pods, "default/\(kept)")) != nil { kept += 1 }
            #expect(kept > 0)
            let made = try #require(store.get(pods, "default/0"))
            // What is small enough still fits into what is left; then all is well again.
            _ = try await store.write(.delete(expecting: made.revision), to: pods, "default/0")
            try await store.checkWritable()
            await store.close()
        }
    }
}
