/// Random names, as Kubernetes makes them.
enum Identifiers {
    private static let suffixAlphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    private static let hex = Array("0123456789abcdef".utf8)

    /// A random (version 4) UUID.
    static func uid() -> String {
        var random = SystemRandomNumberGenerator()
        var bytes = [UInt8](repeating: 0, count: 16)
        for half in 0..<2 {
            var word = random.next()
            for index in 0..<8 {
                bytes[half * 8 + index] = UInt8(truncatingIfNeeded: word)
                word >>= 8
            }
        }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(hex[Int(byte >> 4)])
            text.append(hex[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Five characters that spell no word.
    static func suffix() -> String {
        var random = SystemRandomNumberGenerator()
        let text = (0..<5).map { _ in suffixAlphabet[Int.random(in: 0..<suffixAlphabet.count, using: &random)] }
        return String(decoding: text, as: UTF8.self)
    }

    /// A name for `generateName`: cut so that the whole has at most 63 characters.
    static func name(_ base: String) -> String { "\(base.prefix(58))\(suffix())" }
}
