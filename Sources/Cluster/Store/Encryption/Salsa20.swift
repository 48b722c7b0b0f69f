/// The stream cipher of NaCl's secretbox: Salsa20 with a nonce of 24 bytes (XSalsa20).
/// Source: D. J. Bernstein, "The Salsa20 family of stream ciphers" and "Extending the Salsa20 nonce".
struct XSalsa20 {
    private let key: [UInt32]
    private let nonce: (UInt32, UInt32)

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - nonce: 24 bytes, never the same for two messages under a key.
    init(key: [UInt8], nonce: [UInt8]) {
        precondition(key.count == 32 && nonce.count == 24, "XSalsa20 takes a key of 32 and a nonce of 24 bytes")
        let long = XSalsa20.words(nonce)
        // HSalsa20: a key for the last eight bytes of the nonce from the first sixteen.
        let mixed = XSalsa20.rounds(XSalsa20.state(XSalsa20.words(key), Array(long[0..<4])))
        self.key = [0, 5, 10, 15, 6, 7, 8, 9].map { mixed[$0] }
        self.nonce = (long[4], long[5])
    }

    /// Exclusive-ors `bytes` with the stream from its start.
    func apply(to bytes: inout [UInt8]) {
        var counter: UInt64 = 0
        var position = 0
        while position < bytes.count {
            let input = XSalsa20.state(
                key, [nonce.0, nonce.1, UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32)])
            let mixed = XSalsa20.rounds(input)
            for index in 0..<16 {
                let word = mixed[index] &+ input[index]
                for part in 0..<4 where position < bytes.count {
                    bytes[position] ^= UInt8(truncatingIfNeeded: word >> UInt32(8 * part))
                    position += 1
                }
            }
            counter += 1
        }
    }

    /// Little-endian words; the count of bytes is a multiple of four.
    private static func words(_ bytes: [UInt8]) -> [UInt32] {
        stride(from: 0, to: bytes.count, by: 4).map { start in
            UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24
        }
    }

    /// The sixteen words that are mixed: constants ("expand 32-byte k") on the diagonal, key and input between them.
    private static func state(_ key: [UInt32], _ input: [UInt32]) -> [UInt32] {
        [
            0x6170_7865, key[0], key[1], key[2],
            key[3], 0x3320_646E, input[0], input[1],
            input[2], input[3], 0x7962_2D32, key[4],
            key[5], key[6], key[7], 0x6B20_6574,
        ]
    }

    /// Twenty rounds, ten over the columns and ten over the rows.
    private static func rounds(_ state: [UInt32]) -> [UInt32] {
        var words = state
        words.withUnsafeMutableBufferPointer { words in
            func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
                words[b] ^= rotated(words[a] &+ words[d], 7)
                words[c] ^= rotated(words[b] &+ words[a], 9)
                words[d] ^= rotated(words[c] &+ words[b], 13)
                words[a] ^= rotated(words[d] &+ words[c], 18)
            }
            for _ in 0..<10 {
                quarter(0, 4, 8, 12)
                quarter(5, 9, 13, 1)
                quarter(10, 14, 2, 6)
                quarter(15, 3, 7, 11)
                quarter(0, 1, 2, 3)
                quarter(5, 6, 7, 4)
                quarter(10, 11, 8, 9)
                quarter(15, 12, 13, 14)
            }
        }
        return words
    }

    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }
}
