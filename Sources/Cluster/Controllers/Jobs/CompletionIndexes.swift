/// A set of completion indexes, written `0,2-5,9` in a Job's status. Costs by its ranges, not by its size.
struct CompletionIndexes: Equatable, CustomStringConvertible {
    private(set) var ranges: [ClosedRange<Int>] = []

    init() {}

    /// Reads a status field; indexes of `completions` and beyond, which a smaller job left behind, are dropped, and so is what
    /// is not written like this.
    init(_ text: String, below completions: Int) {
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", maxSplits: 1).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, first < completions else { continue }
            insert(first...min(last, completions - 1))
        }
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }
    var isEmpty: Bool { ranges.isEmpty }
    func contains(_ index: Int) -> Bool { ranges.contains { $0.contains(index) } }

    mutating func insert(_ index: Int) { insert(index...index) }

    private mutating func insert(_ range: ClosedRange<Int>) {
        var merged = range
        ranges.removeAll { other in
            guard other.lowerBound <= merged.upperBound + 1, merged.lowerBound <= other.upperBound + 1 else { return false }
            merged = min(merged.lowerBound, other.lowerBound)...max(merged.upperBound, other.upperBound)
            return true
        }
        let place = ranges.firstIndex { $0.lowerBound > merged.lowerBound } ?? ranges.endIndex
        ranges.insert(merged, at: place)
    }

    /// The first `count` indexes below `bound` that are neither in here nor in `others`.
    func missing(_ count: Int, below bound: Int, besides others: Set<Int>) -> [Int] {
        var found: [Int] = []
        var next = 0
        var rest = ranges[...]
        while found.count < count, next < bound {
            if let range = rest.first, range.contains(next) {
                next = range.upperBound + 1
                rest = rest.dropFirst()
                continue
            }
            if !others.contains(next) { found.append(next) }
            next += 1
        }
        return found
    }

    /// Two neighbours are written `1,2`, three or more `1-3`.
    var description: String {
        ranges.map { range in
            switch range.count {
            case 1: "\(range.lowerBound)"
            case 2: "\(range.lowerBound),\(range.upperBound)"
            default: "\(range.lowerBound)-\(range.upperBound)"
            }
        }.joined(separator: ",")
    }
}
