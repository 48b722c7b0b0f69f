/// NaCl's secretbox, XSalsa20-Poly1305: sixteen bytes of authenticator, then the message enciphered. Neither Foundation nor swift-crypto
/// has it. Source: D. J. Bernstein, "Cryptography in NaCl", whose test vector is among the tests.
enum SecretBox {
    static let keySize = 32
    static let nonceSize = 24
    static let tagSize = 16

    /// O(message).
    static func seal(_ message: some Collection<UInt8>, key: [UInt8], nonce: [UInt8]) -> [UInt8] {
        // The stream's first 32 bytes are the authenticator's key.
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes.append(contentsOf: message)
        XSalsa20(key: key, nonce: nonce).apply(to: &bytes)
        return Poly1305.tag(bytes[32...], key: Array(bytes[..<32])) + bytes[32...]
    }

    /// Nil when the box is not one that this key and nonce sealed.
    static func open(_ box: some Collection<UInt8>, key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard box.count >= tagSize else { return nil }
        let cipher = XSalsa20(key: key, nonce: nonce)
        var first = [UInt8](repeating: 0, count: 32)
        cipher.apply(to: &first)
        let enciphered = box.dropFirst(tagSize)
        guard Poly1305.areEqual(Poly1305.tag(enciphered, key: first), box.prefix(tagSize)) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes.append(contentsOf: enciphered)
        cipher.apply(to: &bytes)
        return Array(bytes[32...])
    }
}
