import ClusterObjects
import Foundation
import Synchronization
import Testing

@testable import ClusterStore

/// Time as a test sets it.
private final class ManualClock: Sendable {
    private let time = Mutex(0.0)
    var now: @Sendable () -> Double { { self.time.withLock { $0 } } }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

@Suite struct BoundsTests {
    private static let leases = GroupResource("coordination.k8s.io", "leases")

    /// Bytes of the store's files.
    private func size(_ directory: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: directory).reduce(0) { total, name in
            total + (try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")[.size] as? Int ?? 0)
        }
    }

    @Test func `a day of heartbeats leaves the file and the history as large as some hours of them`() async throws {
        // Memory: what is tested is the size of files, not the disk.
        let directory = "/dev/shm/skiff-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let clock = ManualClock()
        let store = try SQLiteStore(directory: directory, logger: quiet, now: clock.now)
        let body = bytes(String(repeating: "x", count: 400))
        var nodes: [StoredObject] = []
        for node in 0..<8 { nodes.append(try await store.write(.create(body), to: Self.leases, "kube-node-lease/n\(node)")) }
        let first = store.revision
        var sizes: [Int] = []
        for _ in 0..<24 {
            for _ in 0..<360 {
                clock.advance(10)
                nodes = try await withThrowingTaskGroup(of: StoredObject.self) { group in
                    for node in nodes {
                        group.addTask { try await store.write(.update(body, expecting: node.revision), to: Self.leases, node.path) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            sizes.append(try size(directory))
        }
        #expect(store.revision == first + 24 * 360 * 8)
        #expect(sizes.max() ?? .max <= 20 << 20)
        #expect(sizes.dropFirst(6).max() == sizes.prefix(6).max(), "it no longer grows")
        // Ten minutes: sixty heartbeats of each node, and the one that the clock stands at.
        #expect(throws: StoreError.self) { _ = try store.watch(Self.leases, namespace: nil, after: store.revision - 8 * 62) }
        _ = try store.watch(Self.leases, namespace: nil, after: store.revision - 8 * 59)
        await store.close()
        #expect(try size(directory) < 64 << 10)
    }

    @Test func `a collection that nothing is written to forgets too`() async throws {
        let clock = ManualClock()
        let table = ObjectTable(limits: HistoryLimits(age: 600), now: clock.now)
        func write(_ collection: GroupResource) {
            let current = table.get(collection, "default/a")
            let change = current.map { Change.update(bytes("x"), expecting: $0.revision) } ?? .create(bytes("x"))
            table.publish(
                table.plan([ObjectTable.Request(change: change, collection: collection, path: "default/a")]).compactMap { try? $0.get() })
        }
        for _ in 0..<3 { write(pods) }
        let start = table.revision
        clock.advance(700)
        write(Self.leases)
        #expect(throws: StoreError.self) { _ = try table.watch(pods, namespace: nil, after: start - 1) }
        _ = try table.watch(pods, namespace: nil, after: start)
    }
}

@Suite struct ReplayTests {
    /// Objects as a watcher that has seen everything since its list knows them.
    private struct Replica {
        var objects: [String: StoredObject] = [:]

        mutating func apply(_ event: StoreEvent) {
            objects[event.object.path] = event.kind == .deleted ? nil : event.object
        }
    }

    @Test(arguments: 0..<20)
    func `a list and the changes watched since equal a later list, from wherever one starts`(seed: UInt64) async throws {
        var random = Seeded(state: seed)
        let store = MemoryStore()
        var replicas: [(watch: StoreWatch, position: Revision, namespace: String?, replica: Replica)] = []
        for step in 0..<400 {
            let path = "ns\(Int.random(in: 0..<3, using: &random))/\(Int.random(in: 0..<30, using: &random))"
            if let found = store.get(pods, path) {
                let change: Change =
                    Bool.random(using: &random) ? .delete(expecting: found.revision) : .update(bytes("\(step)"), expecting: found.revision)
                _ = try await store.write(change, to: pods, path)
            } else {
                _ = try await store.write(.create(bytes("\(step)")), to: pods, path)
            }
            if step % 40 == 0 {
                let namespace = Bool.random(using: &random) ? "ns1" : nil
                let snapshot = store.snapshot(pods)
                var replica = Replica()
                for object in snapshot.range(namespace: namespace) { replica.objects[object.path] = object }
                replicas.append(
                    (try store.watch(pods, namespace: namespace, after: snapshot.revision), snapshot.revision, namespace, replica))
            }
            // Some watchers read now, others later.
            for index in replicas.indices where Int.random(in: 0..<8, using: &random) == 0 { try catchUp(&replicas[index]) }
        }
        for index in replicas.indices {
            try catchUp(&replicas[index])
            let now = store.snapshot(pods).range(namespace: replicas[index].namespace)
            let listed = Dictionary(uniqueKeysWithValues: now.map { ($0.path, $0) })
            #expect(replicas[index].replica.objects.mapValues(\.bytes) == listed.mapValues(\.bytes))
            #expect(replicas[index].replica.objects.mapValues(\.revision) == listed.mapValues(\.revision))
            #expect(replicas[index].position == store.revision)
        }
    }

    private func catchUp(_ one: inout (watch: StoreWatch, position: Revision, namespace: String?, replica: Replica)) throws {
        while let batch = try one.watch.poll(after: one.position), batch.revision > one.position {
            for event in batch.events { one.replica.apply(event) }
            one.position = batch.revision
        }
    }
}
