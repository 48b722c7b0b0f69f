import ClusterObjects
import Foundation
import GRDB
import Testing

@testable import ClusterStore

@Suite struct BackupTests {
    private static let made = "2026-07-28T10:00:00Z"

    private func objects(_ store: SQLiteStore) throws -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: store.snapshot(pods).range().map { ($0.path, $0.bytes) })
    }

    @Test func `a backup of a store in use is of one moment, and its owner's alone`() async throws {
        try await withFolder { directory in
            let store = try SQLiteStore(directory: directory, logger: quiet)
            // Two objects that always change in this order: never may the second be ahead.
            var (first, second) = (
                try await store.write(.create(bytes("0")), to: pods, "default/first"),
                try await store.write(.create(bytes("0")), to: pods, "default/second")
            )
            let writing = Task {
                var step = 0
                while !Task.isCancelled {
                    step += 1
                    first = try await store.write(.update(bytes("\(step)"), expecting: first.revision), to: pods, first.path)
                    second = try await store.write(.update(bytes("\(step)"), expecting: second.revision), to: pods, second.path)
                }
            }
            for round in 0..<5 {
                let file = "\(directory)/copy-\(round)"
                let backup = try StoreBackup.make(of: directory, to: file, files: [], made: Self.made)
                #expect(backup.objects == 2)
                #expect(try mode(of: file) == 0o600)
                let database = try DatabaseQueue(path: file)
                let texts = try await database.read { try Data.fetchAll($0, sql: "SELECT bytes FROM objects ORDER BY key") }
                let steps = texts.compactMap { Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
                #expect(steps.count == 2 && (0...1).contains((steps.first ?? 0) - (steps.last ?? 0)))
                try database.close()
            }
            writing.cancel()
            _ = try await writing.value
            await store.close()
        }
    }

    @Test func `a restored store holds what the backup held, at revisions that were never given before`() async throws {
        try await withFolder { directory in
            let (state, aside, file) = ("\(directory)/store", "\(directory)/aside", "\(directory)/copy")
            try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: true)
            var store = try SQLiteStore(directory: state, logger: quiet)
            let kept = try await store.write(.create(bytes("kept")), to: pods, "default/kept")
            let keys = [StoreBackup.Kept(name: "pki/ca.key", bytes: [1, 2, 3])]
            _ = try StoreBackup.make(of: state, to: file, files: keys, made: Self.made)
            _ = try await store.write(.create(bytes("later")), to: pods, "default/later")
            let newest = store.revision
            #expect {
                _ = try StoreBackup.restore(file, to: state, aside: aside) { _ in }
            } throws: {
                if case .locked = $0 as? StoreError { true } else { false }
            }
            await store.close()

            var files: [StoreBackup.Kept] = []
            let restored = try StoreBackup.restore(file, to: state, aside: aside) { files = $0.files }
            #expect(files.map(\.bytes) == keys.map(\.bytes))
            store = try SQLiteStore(directory: state, logger: quiet)
            #expect(try objects(store) == ["default/kept": bytes("kept")])
            #expect(store.get(pods, "default/kept")?.revision == kept.revision)
            #expect(store.revision == restored.revision && restored.revision > newest)
            #expect(try StoreCheck(directory: state).isWhole)
            await store.close()
            #expect(try StoreCheck(directory: aside).objects == 2, "the old one is kept")
        }
    }

    @Test func `what is no backup, damaged or of a newer format is refused, and nothing is replaced`() async throws {
        try await withFolder { directory in
            let (state, file) = ("\(directory)/store", "\(directory)/copy")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let store = try SQLiteStore(directory: state, logger: quiet)
            _ = try await store.write(.create(bytes(String(repeating: "b", count: 40_000))), to: pods, "default/a")
            _ = try StoreBackup.make(of: state, to: file, files: [], made: Self.made)
            #expect { _ = try StoreBackup.make(of: state, to: file, files: [], made: Self.made) } throws: {
                "\($0)".contains("is there already")
            }
            await store.close()
            func refusal(_ file: String) -> String {
                do {
                    _ = try StoreBackup.restore(file, to: state, aside: directory) { _ in }
                    return ""
                } catch { return "\(error)" }
            }
            #expect(refusal("\(directory)/nowhere").contains("No such file"))
            #expect(refusal("\(state)/store.db").contains("is no backup"))
            try Data("nothing of the kind".utf8).write(to: URL(fileURLWithPath: "\(directory)/text"))
            #expect(refusal("\(directory)/text").contains("is damaged"))

            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            var broken = whole
            let place = try #require(whole.firstRange(of: Data(repeating: UInt8(ascii: "b"), count: 4000))).lowerBound + 2000
            broken[place] ^= 1
            try broken.write(to: URL(fileURLWithPath: "\(directory)/broken"))
            #expect(refusal("\(directory)/broken").contains("is not what was written"))
            try whole.prefix(whole.count - 8192).write(to: URL(fileURLWithPath: "\(directory)/short"))
            #expect(refusal("\(directory)/short").contains("is damaged"))
            let database = try DatabaseQueue(path: file)
            try await database.write { try $0.execute(sql: "PRAGMA user_version = 99") }
            try database.close()
            #expect(refusal(file).contains("newer Skiff (format 99"))
            #expect(try StoreCheck(directory: state).objects == 1)
        }
    }

    @Test func `a file of an older format is brought to the newest, step by step`() throws {
        let database = try DatabaseQueue()
        var steps = StoreFormat.steps
        try database.writeWithoutTransaction { try StoreFormat.migrate($0, path: "test", steps: steps) }
        try database.write { try $0.execute(sql: "UPDATE newest SET revision = 7") }
        let old = steps.count
        steps.append { try $0.execute(sql: "ALTER TABLE newest ADD COLUMN note TEXT") }
        steps.append { try $0.execute(sql: "UPDATE newest SET note = 'seen'") }
        try database.writeWithoutTransaction { try StoreFormat.migrate($0, path: "test", steps: steps) }
        let note = try database.read { try String.fetchOne($0, sql: "SELECT note FROM newest WHERE revision = 7") }
        #expect(note == "seen")
        #expect(throws: StoreError.self) {
            try database.writeWithoutTransaction { try StoreFormat.migrate($0, path: "test") }
        }
        steps.append { _ in throw StoreError.closed }
        #expect(throws: StoreError.self) {
            try database.writeWithoutTransaction { try StoreFormat.migrate($0, path: "test", steps: steps) }
        }
        let format = try database.read { try StoreFormat.found(in: $0, path: "test", known: steps.count) }
        #expect(format == old + 2)
    }
}
