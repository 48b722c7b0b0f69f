import ClusterObjects
import Crypto
import Foundation

/// How objects stand on disk: which kinds are enciphered, by what, under which keys. In memory they are always plain.
///
/// What is enciphered begins with `k8s:enc:CIPHER:v1:KEY:`, as Kubernetes writes to etcd, so that every key can be told by its name.
/// Plain objects are JSON and begin with a brace. Source: k8s.io/apiserver/pkg/storage/value/encrypt.
public struct Encryption: Sendable {
    enum Cipher: String, Sendable {
        case aesgcm, secretbox
    }

    struct Key: Sendable {
        var cipher: Cipher
        var name: String
        var secret: [UInt8]

        fileprivate var prefix: [UInt8] { Array("\(Encryption.mark)\(cipher.rawValue):v1:\(name):".utf8) }
    }

    enum Provider: Sendable {
        /// Plain.
        case identity
        case keys([Key])
    }

    /// The first of them that names a kind counts for it; of its providers the first writes, all read.
    struct Rule: Sendable {
        /// `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, `*.*`.
        var resources: [String]
        var providers: [Provider]

        func covers(_ collection: GroupResource) -> Bool {
            resources.contains { pattern in
                if pattern == "*.*" { return true }
                let parts = pattern.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
                let group = parts.count == 2 ? parts[1] : ""
                return group == collection.group && (parts[0] == collection.resource || (parts.count == 2 && parts[0] == "*"))
            }
        }
    }

    let rules: [Rule]
    static let mark = "k8s:enc:"

    init(rules: [Rule]) { self.rules = rules }

    /// Nothing is enciphered, and what has been cannot be read.
    public static let none = Encryption(rules: [])

    /// Whether anything may be enciphered.
    var isUsed: Bool { !rules.isEmpty }

    private func rule(_ collection: GroupResource) -> Rule? { rules.first { $0.covers(collection) } }

    /// The key that new objects of a kind are enciphered with; nil for none.
    private func writer(_ collection: GroupResource) -> Key? {
        guard case .keys(let keys)? = rule(collection)?.providers.first else { return nil }
        return keys.first
    }

    /// How the bytes of an object are to stand on disk.
    /// - Parameter key: where the object is kept; it is bound to its place and cannot be moved to another.
    func sealed(_ bytes: [UInt8], of collection: GroupResource, key: String) throws -> [UInt8] {
        guard let writer = writer(collection) else { return bytes }
        switch writer.cipher {
        case .aesgcm:
            let box = try AES.GCM.seal(Data(bytes), using: SymmetricKey(data: writer.secret), authenticating: Data(key.utf8))
            return writer.prefix + (box.combined.map { Array($0) } ?? [])
        case .secretbox:
            var random = SystemRandomNumberGenerator()
            let nonce = (0..<SecretBox.nonceSize).map { _ in UInt8.random(in: 0...255, using: &random) }
            return writer.prefix + nonce + SecretBox.seal(bytes, key: writer.secret, nonce: nonce)
        }
    }

    /// The object that stands on disk as these bytes.
    /// - Returns: it, and whether it stands there as it would be written now.
    /// - Throws: ``Unreadable``.
    func opened(_ stored: [UInt8], of collection: GroupResource, key: String) throws(Unreadable) -> (bytes: [UInt8], isCurrent: Bool) {
        guard stored.starts(with: Encryption.mark.utf8) else { return (stored, writer(collection) == nil) }
        let known = rule(collection)?.providers.flatMap { provider in
            if case .keys(let keys) = provider { keys } else { [Key]() }
        }
        guard let match = known?.first(where: { stored.starts(with: $0.prefix) }) else {
            // Only as far as it is a name: what follows is no text.
            let name = stored.dropFirst(Encryption.mark.utf8.count).split(separator: UInt8(ascii: ":"), maxSplits: 3)
            throw Unreadable(
                key: key, cipher: name.first.map { String(decoding: $0.prefix(20), as: UTF8.self) } ?? "",
                name: name.count > 2 ? String(decoding: name[2].prefix(253), as: UTF8.self) : "", isKnown: false)
        }
        let rest = stored.dropFirst(match.prefix.count)
        let bytes: [UInt8]? =
            switch match.cipher {
            case .aesgcm:
                (try? AES.GCM.SealedBox(combined: Data(rest))).flatMap {
                    try? AES.GCM.open($0, using: SymmetricKey(data: match.secret), authenticating: Data(key.utf8))
                }.map { Array($0) }
            case .secretbox:
                SecretBox.open(rest.dropFirst(SecretBox.nonceSize), key: match.secret, nonce: Array(rest.prefix(SecretBox.nonceSize)))
            }
        guard let bytes else { throw Unreadable(key: key, cipher: match.cipher.rawValue, name: match.name, isKnown: true) }
        let writer = writer(collection)
        return (bytes, writer?.cipher == match.cipher && writer?.name == match.name)
    }

    /// An object that none of the keys opens.
    struct Unreadable: Error, CustomStringConvertible {
        var key: String
        var cipher: String
        var name: String
        var isKnown: Bool

        var description: String {
            isKnown
                ? "\(key) does not open with the \(cipher) key \"\(name)\": it was enciphered with another key of that name"
                : "\(key) is enciphered with the \(cipher) key \"\(name)\", which --encryption-provider-config does not have for it"
        }
    }
}
