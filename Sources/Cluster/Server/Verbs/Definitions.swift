import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import Synchronization

/// Keeps the registry as the stored CustomResourceDefinitions say: accepts their names, serves their resources, and takes both away with
/// their objects when a definition goes. Done within the write, so that a client sees its effect as soon as it has the answer.
final class Definitions: Sendable {
    static let resource = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    static let collection = resource.groupResource

    /// Registering reads the store and writes the registry as one step.
    private let registering = Mutex<Void>(())

    /// Serves what is defined, at the start.
    func load(_ server: APIServer) async {
        for name in names(server) { await settle(name, server) }
    }

    /// Follows a write to a definition or to an object of one.
    func noteWrite(_ change: Change, _ target: Target, _ server: APIServer) async {
        if target.resource.groupResource == Definitions.collection {
            await settle(target.name, server)
        } else if case .delete = change {
            await finish(target.resource.groupResource.description, server)
        }
    }

    private func names(_ server: APIServer) -> [String] {
        server.store.snapshot(Definitions.collection).range().map(\.path)
    }

    private func settle(_ name: String, _ server: APIServer) async {
        guard let stored = server.store.get(Definitions.collection, name), !stored.isDamaged else {
            register(name, server)
            // Names that it held are free for others now.
            for other in names(server) { await acceptNames(other, server) }
            return
        }
        if ObjectBytes.tree(stored)[path: "metadata", "deletionTimestamp"]?.string != nil {
            register(name, server)
            await removeObjects(name, server)
            await finish(name, server)
        } else {
            await acceptNames(name, server)
        }
    }

    /// Writes the status that follows from everybody's names, and serves the resource if it may be.
    private func acceptNames(_ name: String, _ server: APIServer) async {
        for _ in 0..<20 {
            guard let stored = server.store.get(Definitions.collection, name), !stored.isDamaged
            else { break }
            var definition = ObjectBytes.tree(stored).value
            let others = server.store.snapshot(Definitions.collection).range().filter { $0.path != name && !$0.isDamaged }
                .map { ObjectBytes.tree($0).value }
            guard let status = AcceptedNames.status(of: definition, others: others, now: Timestamp.now.wholeSeconds) else { break }
            definition["status"] = status
            let change = Change.update(ObjectBytes.stored(definition), expecting: stored.revision)
            if (try? await server.store.write(change, to: Definitions.collection, name)) != nil { break }
        }
        register(name, server)
    }

    /// Makes the registry say what the store says of a definition.
    private func register(_ name: String, _ server: APIServer) {
        registering.withLock { _ in
            let parts = name.split(separator: ".", maxSplits: 1)
            guard parts.count == 2 else { return }
            let groupResource = GroupResource(String(parts[1]), String(parts[0]))
            var resources: [Resource] = []
            if let stored = server.store.get(Definitions.collection, name), !stored.isDamaged {
                let tree = ObjectBytes.tree(stored)
                let definition = CustomResourceDefinition(tree.value)
                if definition.isEstablished { resources = CustomResources.resources(of: definition) }
                if tree[path: "metadata", "deletionTimestamp"]?.string != nil {
                    for index in resources.indices { resources[index].verbs.removeAll { $0 == "create" } }
                }
            }
            server.registry.replace(groupResource, with: resources)
        }
    }

    // MARK: - Deletion

    private func removeObjects(_ name: String, _ server: APIServer) async {
        guard let resource = server.registry.all.first(where: { $0.isCustom && $0.groupResource.description == name }) else { return }
        let context = RequestContext(user: UserInfo(name: "system:apiserver", groups: ["system:masters"]), userAgent: "apiserver")
        for object in server.store.snapshot(resource.groupResource).range() {
            let parts = object.path.split(separator: "/", maxSplits: 1).map(String.init)
            let target = Target(resource, namespace: parts.count == 2 ? parts[0] : "", name: parts.last ?? "")
            do { _ = try await server.delete(target, DeleteOptions(), context) } catch {
                if !error.isNotFound {
                    server.logger.warning(
                        "an object of a deleted definition stays", metadata: ["object": "\(object.path)", "why": "\(error)"])
                }
            }
        }
    }

    /// Lets a marked definition go when its last object has gone.
    private func finish(_ name: String, _ server: APIServer) async {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        for _ in 0..<20 {
            guard let stored = server.store.get(Definitions.collection, name), !stored.isDamaged else { break }
            var definition = ObjectBytes.tree(stored).value
            guard definition[path: "metadata", "deletionTimestamp"]?.string != nil,
                server.store.snapshot(GroupResource(parts[1], parts[0])).count == 0
            else { return }
            let others = (definition[path: "metadata", "finalizers"]?.strings ?? []).filter { $0 != AcceptedNames.cleanupFinalizer }
            definition[path: "metadata", "finalizers"] = others.isEmpty ? nil : Value(others)
            let change: Change =
                others.isEmpty
                ? .delete(expecting: stored.revision) : .update(ObjectBytes.stored(definition), expecting: stored.revision)
            if (try? await server.store.write(change, to: Definitions.collection, name)) != nil { break }
        }
        await settle(afterRemoving: name, server)
    }

    private func settle(afterRemoving name: String, _ server: APIServer) async {
        guard server.store.get(Definitions.collection, name) == nil else { return }
        register(name, server)
        if let resource = server.registry.resource(Definitions.resource) { server.unenforced.note(resource, name, server) }
        for other in names(server) { await acceptNames(other, server) }
    }
}
