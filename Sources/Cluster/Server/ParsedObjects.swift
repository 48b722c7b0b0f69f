import ClusterObjects
import ClusterStore
import Synchronization

/// The objects that the server decides by, parsed: a namespace is read for every pod made in it, a priority class for every pod at all.
/// What a revision wrote never changes, so nothing here is ever out of date.
final class ParsedObjects: Sendable {
    /// Few objects decide much. Where there are more, all are forgotten and read again.
    private static let most = 256
    private static let largest = 16 << 10

    private let known = Mutex<[Revision: Tree]>([:])

    func tree(_ object: StoredObject) -> Tree {
        guard object.bytes.count <= ParsedObjects.largest else { return ObjectBytes.tree(object) }
        if let tree = known.withLock({ $0[object.revision] }) { return tree }
        let tree = ObjectBytes.tree(object)
        known.withLock { known in
            if known.count >= ParsedObjects.most { known.removeAll(keepingCapacity: true) }
            known[object.revision] = tree
        }
        return tree
    }
}
