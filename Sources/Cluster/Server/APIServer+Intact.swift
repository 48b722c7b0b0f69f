import ClusterAPI
import ClusterObjects
import ClusterStore

/// What the server itself decides by: quotas, limits, budgets, namespaces, classes. What a damaged one said is not known, so nothing is
/// decided without it; to take it for absent would let through what it forbids.
extension APIServer {
    /// The current object; nil where there is none.
    /// - Throws: 500 for one that is damaged on disk.
    func intact(_ collection: GroupResource, _ path: String) throws(APIError) -> Tree? {
        guard let object = store.get(collection, path) else { return nil }
        try checkIntact(object, collection)
        return parsed.tree(object)
    }

    /// The current objects, sorted by path.
    /// - Parameter namespace: only those in it; nil for all.
    /// - Throws: 500 when one is damaged on disk.
    func intact(_ collection: GroupResource, namespace: String? = nil) throws(APIError) -> [Tree] {
        var trees: [Tree] = []
        for object in store.snapshot(collection).range(namespace: namespace) {
            try checkIntact(object, collection)
            trees.append(parsed.tree(object))
        }
        return trees
    }

    func checkIntact(_ object: StoredObject, _ collection: GroupResource) throws(APIError) {
        if object.isDamaged { throw .damaged(object, collection) }
    }
}

extension APIError {
    /// Kubernetes' words for what its storage cannot read, and what helps here.
    static func damaged(_ object: StoredObject, _ collection: GroupResource) -> APIError {
        APIError(
            code: 500, reason: "StorageReadError",
            message:
                "\(collection) \"\(object.path)\" is damaged on disk; restore it from a backup with `skiff restore`, see `skiff check`")
    }
}
