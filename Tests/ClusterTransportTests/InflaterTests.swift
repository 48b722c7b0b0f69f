import ClusterTransport
import Testing

/// Bodies that were made shorter.
@Suite struct InflaterTests {
    private func inflated(_ bytes: [UInt8], by size: Int) throws -> [UInt8] {
        let inflater = Inflater()
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            inflater.give(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let piece = try inflater.next() {
                #expect(piece.count <= 64 << 10)
                output += piece
            }
        }
        return output
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000]) func `what was compressed comes back, however it is cut`(count: Int) throws
    {
        var random = Seeded(seed: 7)
        let plain = (0..<count).map { _ in UInt8.random(in: 0...3, using: &random) }
        let bytes = try #require(Gzip.compressed(plain))
        for size in [1, 100, Int.max] where count < 100_000 || size > 1 { #expect(try inflated(bytes, by: size) == plain) }
        #expect(try inflated(bytes + [1, 2, 3], by: 1000) == plain, "what follows is left out")
    }

    @Test func `a little that becomes much comes in pieces, and what is none is refused`() throws {
        let bytes = try #require(Gzip.compressed([UInt8](repeating: 0, count: 50 << 20)))
        let inflater = Inflater()
        inflater.give(bytes)
        #expect(try inflater.next()?.count == 64 << 10)
        #expect(throws: Inflater.Malformed.self) { try inflated(Array("no gzip at all".utf8), by: 3) }
    }
}
