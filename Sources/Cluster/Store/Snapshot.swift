import ClusterObjects

/// A collection at one revision. Costs nothing to hold but what has changed since.
public struct Snapshot: Sendable {
    /// Holds every change up to this revision, and none after it.
    public let revision: Revision
    let objects: SortedObjects

    public var count: Int { objects.count }

    public subscript(path: String) -> StoredObject? { objects[path] }

    /// The objects sorted by path.
    /// - Parameters:
    ///   - namespace: only those below `namespace/`; nil for all.
    ///   - after: only those whose path comes after this one.
    public func range(namespace: String? = nil, after: String? = nil) -> Range {
        var start = objects.start
        var end = SortedObjects.Position(run: .max, index: 0)
        if let namespace {
            start = objects.lowerBound("\(namespace)/")
            // The byte after "/".
            end = objects.lowerBound("\(namespace)0")
        }
        if let after {
            // The first path that comes after a path is that path and a NUL.
            let next = objects.lowerBound("\(after)\0")
            if (next.run, next.index) > (start.run, start.index) { start = next }
        }
        return Range(objects: objects, position: start, end: end)
    }

    /// Some of the objects, in order.
    public struct Range: Sequence, IteratorProtocol, Sendable {
        let objects: SortedObjects
        var position: SortedObjects.Position
        let end: SortedObjects.Position

        public mutating func next() -> StoredObject? {
            guard (position.run, position.index) < (end.run, end.index) else { return nil }
            return objects.next(&position)
        }

        /// How many are left. O(n / 256).
        public var remaining: Int {
            guard (position.run, position.index) < (end.run, end.index) else { return 0 }
            if end.run == .max { return objects.count - objects.count(from: objects.start, to: position) }
            return objects.count(from: position, to: end)
        }
    }
}
