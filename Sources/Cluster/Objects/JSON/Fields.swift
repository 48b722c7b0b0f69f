/// The fields of a JSON object, sorted by the bytes of their keys.
///
/// Look-up is O(log n); inserting is O(n) unless keys come in order, which is what the writer makes.
public struct Fields: Sendable, Hashable {
    /// A field. A type of its own: copying and freeing arrays of tuples goes by way of the runtime, part by part.
    public struct Entry: Sendable {
        public var key: String
        public var value: Value

        @inlinable
        public init(_ key: String, _ value: Value) { (self.key, self.value) = (key, value) }
    }

    public private(set) var entries: [Entry]

    public init() { entries = [] }

    /// Builds from pairs in any order; the last of equal keys wins. O(n log n), O(n) when already sorted.
    ///
    /// Inlinable, as the loop over a sequence that is not known here costs more than all the rest.
    @inlinable
    public init(_ pairs: some Sequence<(String, Value)>) { self.init(pairs.map { Entry($0, $1) }) }

    /// The same of entries, which are taken over where they are in order.
    public init(_ entries: [Entry]) {
        self.entries = entries
        let isAscending = entries.indices.dropFirst().allSatisfy { Fields.precedes(entries[$0 - 1].key, entries[$0].key) }
        if !isAscending { sortKeepingLast() }
    }

    /// Takes over entries whose keys ascend by bytes, each once. O(1).
    public init(ascending entries: [Entry]) {
        assert(zip(entries, entries.dropFirst()).allSatisfy { Fields.precedes($0.key, $1.key) })
        self.entries = entries
    }

    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }
    public var keys: [String] { entries.map(\.key) }

    public subscript(key: String) -> Value? {
        get {
            let (index, found) = search(key)
            return found ? entries[index].value : nil
        }
        set {
            let (index, found) = search(key)
            switch (found, newValue) {
            case (true, let value?): entries[index].value = value
            case (true, nil): entries.remove(at: index)
            case (false, let value?): entries.insert(Entry(key, value), at: index)
            case (false, nil): break
            }
        }
    }

    /// Edits the value of an entry where it stands.
    public mutating func editValue(at place: Int, _ body: (inout Value) -> Void) { body(&entries[place].value) }

    /// Edits the value of a key where it stands; one that is not there is made an empty object first.
    mutating func edit(_ key: String, _ body: (inout Value) -> Void) {
        let (index, found) = search(key)
        if !found { entries.insert(Entry(key, .emptyObject), at: index) }
        body(&entries[index].value)
    }

    @discardableResult
    public mutating func removeValue(forKey key: String) -> Value? {
        let (index, found) = search(key)
        return found ? entries.remove(at: index).value : nil
    }

    /// Whether the bytes of `left` sort before those of `right`. (String's own order compares canonical equivalents, so that
    /// two different keys could be one.)
    @inline(__always)
    public static func precedes(_ left: String, _ right: String) -> Bool { order(left, right) < 0 }

    /// Whether two keys are the same bytes.
    @inline(__always)
    public static func same(_ left: String, _ right: String) -> Bool { left.utf8.count == right.utf8.count && order(left, right) == 0 }

    /// Below zero where the bytes of `left` sort before those of `right`, zero where they are the same.
    public static func order(_ left: String, _ right: String) -> Int {
        let compared = left.utf8.withContiguousStorageIfAvailable { a in right.utf8.withContiguousStorageIfAvailable { order(a, $0) } }
        if let result = compared ?? nil { return result }
        if left.utf8.elementsEqual(right.utf8) { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    @inline(__always)
    private static func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        let length = Swift.min(a.count, b.count)
        var index = 0
        while index < length {
            let (x, y) = (a[index], b[index])
            if x != y { return x < y ? -1 : 1 }
            index += 1
        }
        return a.count - b.count
    }

    private func search(_ key: String) -> (index: Int, found: Bool) {
        // The key's bytes are found once, not at every step.
        key.utf8.withContiguousStorageIfAvailable { wanted in
            search { entry in
                entry.utf8.withContiguousStorageIfAvailable { Fields.order($0, wanted) } ?? Fields.order(entry, key)
            }
        } ?? search { Fields.order($0, key) }
    }

    @inline(__always)
    private func search(_ order: (String) -> Int) -> (index: Int, found: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let order = order(entries[middle].key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    private mutating func sortKeepingLast() {
        let order = entries.indices.sorted {
            let compared = Fields.order(entries[$0].key, entries[$1].key)
            return compared == 0 ? $0 < $1 : compared < 0
        }
        var result: [Entry] = []
        result.reserveCapacity(entries.count)
        for index in order {
            if let last = result.last, Fields.order(last.key, entries[index].key) == 0 { result.removeLast() }
            result.append(entries[index])
        }
        entries = result
    }

    public static func == (left: Fields, right: Fields) -> Bool {
        guard left.entries.count == right.entries.count else { return false }
        // Most of what is compared was copied from one another and not changed since.
        if left.isIdentical(to: right) { return true }
        for index in left.entries.indices {
            let (a, b) = (left.entries[index], right.entries[index])
            guard Fields.order(a.key, b.key) == 0, a.value == b.value else { return false }
        }
        return true
    }

    /// Whether both are copies of one another, not changed since. O(1); equal fields need not be identical.
    public func isIdentical(to other: Fields) -> Bool {
        entries.withUnsafeBufferPointer { here in other.entries.withUnsafeBufferPointer { here.baseAddress == $0.baseAddress } }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(entries.count)
        for entry in entries {
            hasher.combine(bytesOf: entry.key)
            hasher.combine(entry.value)
        }
    }
}

extension Fields: Sequence {
    public struct Iterator: IteratorProtocol {
        @usableFromInline var entries: IndexingIterator<[Entry]>

        init(_ entries: [Entry]) { self.entries = entries.makeIterator() }

        @inlinable
        public mutating func next() -> (key: String, value: Value)? { entries.next().map { ($0.key, $0.value) } }
    }

    public func makeIterator() -> Iterator { Iterator(entries) }
    public var underestimatedCount: Int { entries.count }
}
