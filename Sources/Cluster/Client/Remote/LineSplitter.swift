/// Cuts a stream of bytes into lines, of which none may be longer than a limit.
struct LineSplitter {
    struct TooLong: Error {}

    private var pending: [UInt8] = []
    /// Where the search for a line's end goes on.
    private var searched = 0
    private var start = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0 {
            pending.removeFirst(start)
            searched -= start
            start = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole line without its end; nil when more bytes are needed. Every byte is looked at once.
    mutating func next() throws(TooLong) -> [UInt8]? {
        while searched < pending.count {
            defer { searched += 1 }
            guard pending[searched] == 0x0A else { continue }
            let line = Array(pending[start..<searched])
            start = searched + 1
            if line.isEmpty { continue }
            return line
        }
        if pending.count - start > limit { throw TooLong() }
        return nil
    }
}
