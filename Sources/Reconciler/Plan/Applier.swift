import ClusterAPI
import ClusterClient
import ClusterObjects
import ManifestLoader

extension APIError {
    /// The server knows no such resource, or nothing of its group.
    var isNotServed: Bool { code == 404 && (message.contains("could not find the requested resource") || message == "404 page not found") }
}

/// Performs a plan's requests: server-side applies and deletions, a bounded number at a time. Decides nothing.
struct Applier: Sendable {
    static let manager = "skiff"

    let client: any Client
    var concurrency = 16

    typealias Applied = (object: LoadedObject, result: Result<APIObject, APIError>)

    /// Applies objects, in any order; a failure of one does not stop the others. Answers in the order of the objects.
    func apply(_ objects: [LoadedObject], dryRun: Bool = false) async -> [Applied] {
        await bounded(objects) { object in (object, await self.apply(object, dryRun: dryRun)) }
    }

    func apply(_ object: LoadedObject, dryRun: Bool = false) async -> Result<APIObject, APIError> {
        do throws(APIError) {
            return .success(
                try await apply(
                    object.value, object.resource, namespace: object.isNamespaced ? object.namespace : nil, name: object.name,
                    dryRun: dryRun))
        } catch { return .failure(error) }
    }

    /// Applies one object. A kind that was defined a moment ago is served a moment later: so it is asked for again for two seconds.
    func apply(
        _ value: Value, _ resource: GroupVersionResource, namespace: String? = nil, name: String, dryRun: Bool = false,
        isPatient: Bool = true
    ) async throws(APIError) -> APIObject {
        var attempt = 0
        while true {
            do throws(APIError) {
                return try await client.patch(
                    resource, namespace: namespace, name: name, subresource: nil, patch: Patch(.apply, value),
                    options: WriteOptions(fieldManager: Applier.manager, dryRun: dryRun, force: true))
            } catch {
                attempt += 1
                guard error.isNotServed, isPatient, !dryRun, attempt < 20, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
                    throw error
                }
            }
        }
    }

    enum Pruned: Sendable {
        case deleted, absent
        /// Another made it: it is left.
        case foreign
    }

    func prune(
        _ entries: [InventoryEntry], of inventory: Inventory
    ) async -> [(entry: InventoryEntry, result: Result<Pruned, APIError>)] {
        await bounded(entries) { entry in (entry, await self.prune(entry, of: inventory)) }
    }

    /// Deletes what the inventory names, if it is still the object that was applied.
    private func prune(_ entry: InventoryEntry, of inventory: Inventory) async -> Result<Pruned, APIError> {
        do throws(APIError) {
            let live = try await client.get(entry.resource, namespace: entry.namespace, name: entry.id.name)
            guard inventory.has(entry, live) else { return .success(.foreign) }
            if live.isBeingDeleted { return .success(.deleted) }
            try await client.delete(
                entry.resource, namespace: entry.namespace, name: entry.id.name,
                options: DeleteOptions(propagationPolicy: "Background", uid: live.uid))
            return .success(.deleted)
        } catch {
            return error.isNotFound ? .success(.absent) : .failure(error)
        }
    }

    /// Whether the reconciler has applied this very object.
    static func isApplied(_ object: APIObject) -> Bool {
        object.metadata?.elements("managedFields").contains {
            $0["manager"]?.string == manager && $0["operation"]?.string == "Apply"
        } ?? false
    }

    /// Results in the order of the items, whichever came first.
    private func bounded<Item: Sendable, Output: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (Item) async -> Output
    ) async -> [Output] {
        await withTaskGroup(of: (Int, Output).self) { group in
            var waiting = items.enumerated().makeIterator()
            var results = [Output?](repeating: nil, count: items.count)
            for _ in 0..<concurrency {
                guard let (place, item) = waiting.next() else { break }
                group.addTask { (place, await work(item)) }
            }
            while let (place, result) = await group.next() {
                results[place] = result
                if let (place, item) = waiting.next() { group.addTask { (place, await work(item)) } }
            }
            return results.compactMap(\.self)
        }
    }
}
