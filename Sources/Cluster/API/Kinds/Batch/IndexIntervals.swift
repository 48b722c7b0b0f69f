import ClusterObjects

/// Indexes of a job as its fields write them, `0,2-5,9`: in rising order, each below the number of completions.
struct IndexIntervals {
    /// What is wrong with such a text, in Kubernetes' words.
    struct Malformed: Error {
        var message: String
    }

    private(set) var ranges: [ClosedRange<Int>] = []

    /// O(length of the text).
    init(_ text: String, below completions: Int) throws(Malformed) {
        if text.isEmpty { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let range = try Self.interval(String(part), below: completions)
            if let last = ranges.last, last.upperBound >= range.lowerBound {
                throw Malformed(message: "non-increasing order, previous: \(last.upperBound), current: \(range.lowerBound)")
            }
            ranges.append(range)
        }
    }

    /// The intervals that can be read, where the text as a whole is looked at elsewhere.
    init(readable text: String, below completions: Int) {
        for part in text.split(separator: ",") {
            do throws(Malformed) {
                ranges.append(try Self.interval(String(part), below: completions))
            } catch {
                continue
            }
        }
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The first index that both have, nil for none. Both must be in order.
    func firstOverlap(with other: IndexIntervals) -> Int? {
        var (mine, theirs) = (ranges[...], other.ranges[...])
        while let a = mine.first, let b = theirs.first {
            if a.overlaps(b) { return max(a.lowerBound, b.lowerBound) }
            if a.lowerBound <= b.lowerBound { mine.removeFirst() } else { theirs.removeFirst() }
        }
        return nil
    }

    private static func interval(_ text: String, below completions: Int) throws(Malformed) -> ClosedRange<Int> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2, let first = ends.first, let last = ends.last else {
            throw Malformed(
                message: "the fragment \(quoted(text)) violates the requirement that an index interval can have at most two parts "
                    + "separated by '-'")
        }
        let low = try index(first, below: completions)
        guard ends.count == 2 else { return low...low }
        let high = try index(last, below: completions)
        guard low < high else { throw Malformed(message: "non-increasing order, previous: \(low), current: \(high)") }
        return low...high
    }

    private static func index(_ text: String, below completions: Int) throws(Malformed) -> Int {
        guard let number = Int(text) else { throw Malformed(message: "cannot convert string to integer for index: \(quoted(text))") }
        if number >= completions { throw Malformed(message: "too large index: \(quoted(text))") }
        return number
    }

    private static func quoted(_ text: String) -> String { Value.string(text).jsonText }
}
