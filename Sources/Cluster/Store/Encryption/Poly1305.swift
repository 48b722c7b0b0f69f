/// The authenticator of NaCl's secretbox: sixteen bytes over a message, under a key for that message alone. Source: RFC 8439, section 2.5.
///
/// Numbers modulo 2^130 - 5 are kept as five limbs of 26 bits, so that products fit 64.
enum Poly1305 {
    private static let mask: UInt64 = 0x3FF_FFFF

    /// - Parameter key: 32 bytes, used once.
    static func tag(_ message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
        precondition(key.count == 32, "Poly1305 takes a key of 32 bytes")
        var clamped = Array(key[0..<16])
        for index in [3, 7, 11, 15] { clamped[index] &= 15 }
        for index in [4, 8, 12] { clamped[index] &= 252 }
        let factor = limbs(clamped[...], 0)
        var sum: [UInt64] = [0, 0, 0, 0, 0]
        var rest = message[...]
        while !rest.isEmpty {
            let block = Array(rest.prefix(16))
            rest = rest.dropFirst(16)
            let number = limbs(block[...], 1)
            for index in 0..<5 { sum[index] += number[index] }
            sum = product(sum, factor)
        }
        return reduced(sum, plus: Array(key[16..<32]))
    }

    /// Whether two tags are the same, in a time that does not tell where they differ.
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// At most sixteen bytes, little-endian, and what stands above them.
    private static func limbs(_ bytes: ArraySlice<UInt8>, _ above: UInt8) -> [UInt64] {
        var padded = Array(bytes) + [above]
        padded += [UInt8](repeating: 0, count: 17 - padded.count)
        func word(_ start: Int) -> UInt64 {
            UInt64(padded[start]) | UInt64(padded[start + 1]) << 8 | UInt64(padded[start + 2]) << 16 | UInt64(padded[start + 3]) << 24
        }
        return [
            word(0) & mask, word(3) >> 2 & mask, word(6) >> 4 & mask, word(9) >> 6 & mask, word(12) >> 8 | UInt64(padded[16]) << 24,
        ]
    }

    private static func product(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        var result: [UInt64] = [0, 0, 0, 0, 0]
        for i in 0..<5 {
            for j in 0..<5 {
                // What is above 2^130 counts five times below it.
                let part = a[i] * b[j]
                if i + j < 5 { result[i + j] += part } else { result[i + j - 5] += part * 5 }
            }
        }
        return carried(result)
    }

    private static func carried(_ limbs: [UInt64]) -> [UInt64] {
        var result = limbs
        var carry: UInt64 = 0
        for index in 0..<5 {
            result[index] += carry
            carry = result[index] >> 26
            result[index] &= mask
        }
        result[0] += carry * 5
        result[1] += result[0] >> 26
        result[0] &= mask
        return result
    }

    /// The number below 2^130 - 5, and the key's second half added to it modulo 2^128.
    private static func reduced(_ limbs: [UInt64], plus addend: [UInt8]) -> [UInt8] {
        let full = carried(carried(limbs))
        // Minus the modulus; taken when that is not negative.
        var less = full
        var carry: UInt64 = 5
        for index in 0..<5 {
            less[index] += carry
            carry = less[index] >> 26
            less[index] &= mask
        }
        // All ones when there was a carry out of the top.
        let takesLess = 0 &- carry
        let number = (0..<5).map { (full[$0] & ~takesLess) | (less[$0] & takesLess) }
        var bytes = [UInt8](repeating: 0, count: 16)
        var held: UInt64 = 0
        var bits = 0
        var limb = 0
        var overflow = 0
        for index in 0..<16 {
            while bits < 8 {
                held |= number[limb] << UInt64(bits)
                bits += 26
                limb += 1
            }
            let sum = Int(held & 0xFF) + Int(addend[index]) + overflow
            bytes[index] = UInt8(sum & 0xFF)
            overflow = sum >> 8
            held >>= 8
            bits -= 8
        }
        return bytes
    }
}
