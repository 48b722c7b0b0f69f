import ClusterObjects

/// The objects of a collection sorted by the bytes of their paths: an array of short sorted runs.
///
/// A copy is O(1); the first change after one copies the run it falls in and the list of runs. Look-up is O(log n), a change O(run length).
struct SortedObjects: Sendable {
    /// No run is empty, and each sorts before the next.
    private var runs: [[StoredObject]] = []
    private(set) var count = 0
    private static let longest = 256

    init() {}

    subscript(path: String) -> StoredObject? {
        let place = search(path)
        return place.found ? runs[place.run][place.index] : nil
    }

    /// Adds the object, or replaces the one of the same path.
    mutating func set(_ object: StoredObject) {
        let place = search(object.path)
        if place.found {
            runs[place.run][place.index] = object
            return
        }
        count += 1
        if runs.isEmpty {
            runs.append([object])
            return
        }
        runs[place.run].insert(object, at: place.index)
        let size = runs[place.run].count
        guard size > SortedObjects.longest else { return }
        // Runs filled in order stay full; others are cut in the middle.
        let cut = place.run == runs.count - 1 && place.index == size - 1 ? size - 1 : size / 2
        let tail = Array(runs[place.run][cut...])
        runs[place.run].removeSubrange(cut...)
        runs.insert(tail, at: place.run + 1)
    }

    mutating func remove(_ path: String) {
        let place = search(path)
        guard place.found else { return }
        count -= 1
        runs[place.run].remove(at: place.index)
        if runs[place.run].isEmpty { runs.remove(at: place.run) }
    }

    /// Where the path is, or would be inserted.
    private func search(_ path: String) -> (run: Int, index: Int, found: Bool) {
        var low = 0
        var high = runs.count
        // The last run whose first path is not after the wanted one.
        while low < high {
            let middle = (low + high) / 2
            if Fields.precedes(path, runs[middle][0].path) { high = middle } else { low = middle + 1 }
        }
        let run = max(0, low - 1)
        guard run < runs.count else { return (0, 0, false) }
        low = 0
        high = runs[run].count
        while low < high {
            let middle = (low + high) / 2
            if Fields.precedes(runs[run][middle].path, path) { low = middle + 1 } else { high = middle }
        }
        let found = low < runs[run].count && runs[run][low].path.utf8.elementsEqual(path.utf8)
        return (run, low, found)
    }

    /// A place in the sequence.
    struct Position: Sendable {
        var run: Int
        var index: Int
    }

    /// Where the first path that is not before `path` stands.
    func lowerBound(_ path: String) -> Position {
        let place = search(path)
        if place.run < runs.count, place.index == runs[place.run].count { return Position(run: place.run + 1, index: 0) }
        return Position(run: place.run, index: place.index)
    }

    var start: Position { Position(run: 0, index: 0) }

    /// The object at a place, which moves on; nil at the end.
    func next(_ position: inout Position) -> StoredObject? {
        guard position.run < runs.count else { return nil }
        let run = runs[position.run]
        let object = run[position.index]
        position.index += 1
        if position.index == run.count { position = Position(run: position.run + 1, index: 0) }
        return object
    }

    /// Objects between two places. O(runs between).
    func count(from: Position, to: Position) -> Int {
        var total = to.index - from.index
        var run = from.run
        while run < to.run {
            total += runs[run].count
            run += 1
        }
        return total
    }
}
