import ClusterAPI
import ClusterObjects
import Synchronization

/// The objects in the store that ask for what this server does not do: taken with `--allow-unenforced`, or there since it was given.
/// Each is said once in the log, when it is made or found at the start, and listed for as long as it is there.
final class UnenforcedObjects: Sendable {
    /// By collection and path. Whoever looks at the store does so with the lock, so that the last to look saw the last write.
    private let found = Mutex<[String: String]>([:])

    /// A line each, sorted.
    var lines: [String] { found.withLock { $0.values.sorted() } }

    /// Finds those that are there at the start.
    func load(_ server: APIServer) {
        for resource in server.registry.kindsWithUnenforced {
            for object in server.store.snapshot(server.collection(resource)).range() { note(resource, object.path, server) }
        }
    }

    /// Follows a write.
    func note(_ resource: Resource, _ path: String, _ server: APIServer) {
        guard resource.rules.unenforced != nil else { return }
        let collection = server.collection(resource)
        let added = found.withLock { found -> String? in
            let key = "\(collection)/\(path)"
            let before = found[key]
            let stored = server.store.get(collection, path)
            // What a damaged one asks for is not known: what was known of it stays.
            if let stored, stored.isDamaged { return nil }
            let line = stored.flatMap { resource.unenforcedLine(ObjectBytes.tree($0).value) }
            found[key] = line
            return line == before ? nil : line
        }
        if let added { server.logger.warning("accepted but not enforced", metadata: ["object": "\(added)"]) }
    }
}

extension APIServer {
    /// Why an object is not taken by a server that takes nothing unenforced.
    /// - Parameter old: nil for a new one.
    func unenforcedProblems(_ new: Value, old: Value?, _ resource: Resource) -> [Problem] {
        configuration.allowsUnenforced ? [] : resource.unenforcedProblems(new, old: old)
    }
}
