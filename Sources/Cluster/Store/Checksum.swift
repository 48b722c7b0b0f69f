/// XXH64, the checksum of every row: fast, and no chance that a torn or rotten row passes.
/// Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
enum Checksum {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )

    /// The checksum of an object's row: its key, its revision and its bytes. As SQLite keeps integers: signed.
    static func row(key: String, revision: Revision, bytes: [UInt8]) -> Int64 {
        var key = key
        let seed = key.withUTF8 { hash(UnsafeRawBufferPointer($0), seed: UInt64(bitPattern: revision)) }
        return Int64(bitPattern: bytes.withUnsafeBytes { hash($0, seed: seed) })
    }

    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let (p1, p2, p3, p4, p5) = primes
        func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
        func round(_ lane: UInt64, _ input: UInt64) -> UInt64 { rotated(lane &+ input &* p2, 31) &* p1 }
        func word(_ offset: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
        let count = bytes.count
        var position = 0
        var result: UInt64
        if count >= 32 {
            var (a, b, c, d) = (seed &+ p1 &+ p2, seed &+ p2, seed, seed &- p1)
            while position + 32 <= count {
                a = round(a, word(position))
                b = round(b, word(position + 8))
                c = round(c, word(position + 16))
                d = round(d, word(position + 24))
                position += 32
            }
            result = rotated(a, 1) &+ rotated(b, 7) &+ rotated(c, 12) &+ rotated(d, 18)
            for lane in [a, b, c, d] { result = (result ^ round(0, lane)) &* p1 &+ p4 }
        } else {
            result = seed &+ p5
        }
        result &+= UInt64(count)
        while position + 8 <= count {
            result = rotated(result ^ round(0, word(position)), 27) &* p1 &+ p4
            position += 8
        }
        if position + 4 <= count {
            let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            result = rotated(result ^ UInt64(half) &* p1, 23) &* p2 &+ p3
            position += 4
        }
        while position < count {
            result = rotated(result ^ UInt64(bytes[position]) &* p5, 11) &* p1
            position += 1
        }
        result = (result ^ result >> 33) &* p2
        result = (result ^ result >> 29) &* p3
        return result ^ result >> 32
    }
}
