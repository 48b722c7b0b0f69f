import ClusterAPI
import ClusterObjects
import ClusterStore

extension StoredObject {
    /// As a resource shows it whose objects another version keeps; itself where none does.
    func served(as resource: Resource) -> StoredObject {
        guard let conversion = resource.conversion, !isDamaged else { return self }
        var object = self
        object.bytes = ObjectBytes.stored(conversion.fromStored(ObjectBytes.tree(self).value))
        return object
    }
}

extension Change {
    /// As it is kept of a resource whose objects another version keeps.
    func stored(of resource: Resource) -> Change {
        guard let conversion = resource.conversion else { return self }
        func converted(_ bytes: [UInt8]) -> [UInt8] {
            guard let tree = try? Tree(parsing: bytes) else { return bytes }
            return ObjectBytes.stored(conversion.toStored(tree.value))
        }
        return switch self {
        case .create(let bytes): .create(converted(bytes))
        case .update(let bytes, let expected): .update(converted(bytes), expecting: expected)
        case .delete(let expected, let last): .delete(expecting: expected, last: last.map(converted))
        }
    }
}
