import ClusterObjects

/// The declared fields of a type, found by the bytes of a name: what reads objects need not make a string of every key.
final class PropertyTable: Sendable {
    /// Sorted by bytes.
    let names: [String]
    /// The node of each.
    let nodes: [Int]
    /// Each as a step of a field set.
    let elements: [PathElement]
    private let text: [UInt8]
    /// Where each name begins in `text`, and where the last ends.
    private let starts: [Int32]

    static let empty = PropertyTable([:])

    init(_ properties: [String: Int]) {
        let sorted = properties.sorted { Fields.precedes($0.key, $1.key) }
        names = sorted.map(\.key)
        nodes = sorted.map(\.value)
        elements = sorted.map { .field($0.key) }
        var text: [UInt8] = []
        var starts: [Int32] = [0]
        for name in names {
            text.append(contentsOf: name.utf8)
            starts.append(Int32(text.count))
        }
        self.text = text
        self.starts = starts
    }

    var count: Int { names.count }

    /// The place of a name; nil when it is not declared. O(log n).
    func place(of name: UnsafeBufferPointer<UInt8>) -> Int? {
        text.withUnsafeBufferPointer { text in
            starts.withUnsafeBufferPointer { starts in
                var low = 0
                var high = starts.count - 1
                while low < high {
                    let middle = (low + high) / 2
                    let start = Int(starts[middle])
                    let order = PropertyTable.order(text, start, Int(starts[middle + 1]) - start, name)
                    if order == 0 { return middle }
                    if order < 0 { low = middle + 1 } else { high = middle }
                }
                return nil
            }
        }
    }

    func place(of name: String) -> Int? {
        name.utf8.withContiguousStorageIfAvailable { place(of: $0) } ?? Array(name.utf8).withUnsafeBufferPointer { place(of: $0) }
    }

    /// A key of an object; one with escapes is looked up as the text it stands for.
    func place(of key: Tree) -> Int? {
        key.place { place(of: $0) } ?? key.string.flatMap { place(of: $0) }
    }

    @inline(__always)
    private static func order(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int, _ name: UnsafeBufferPointer<UInt8>) -> Int {
        let shared = min(count, name.count)
        var index = 0
        while index < shared {
            let (left, right) = (text[start + index], name[index])
            if left != right { return left < right ? -1 : 1 }
            index += 1
        }
        return count - name.count
    }
}
