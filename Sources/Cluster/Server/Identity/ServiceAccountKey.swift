import ClusterObjects
import ClusterTransport
import Crypto
import Foundation

/// The key that service-account tokens are signed with (ES256, RFC 7518), kept in a file or, in tests, nowhere.
public struct ServiceAccountKey: Sendable {
    private let key: P256.Signing.PrivateKey
    /// Names the key in a token's header: the SHA-256 of its public half, as base64url.
    let id: String

    /// A new key that nobody keeps.
    public init() { self.init(P256.Signing.PrivateKey()) }

    private init(_ key: P256.Signing.PrivateKey) {
        self.key = key
        id = Base64URL.encode(SHA256.hash(data: key.publicKey.derRepresentation))
    }

    /// Reads the key in this file; makes it, mode 0600, when there is none.
    /// - Throws: ``CertificateError`` naming the file.
    public init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            self.init()
            try ClusterCA.writePrivately(key.pemRepresentation, to: path)
            return
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let key = try? P256.Signing.PrivateKey(pemRepresentation: text)
        else { throw CertificateError(path: path, reason: "is no P-256 private key in PEM") }
        self.init(key)
    }

    /// A JSON Web Token with these claims.
    func sign(_ claims: Value) throws -> String {
        let header: Value = ["alg": "ES256", "kid": .string(id)]
        let signed = "\(Base64URL.encode(header.json)).\(Base64URL.encode(claims.json))"
        return "\(signed).\(Base64URL.encode(try key.signature(for: Data(signed.utf8)).rawRepresentation))"
    }

    /// The claims of a token that this key signed; nil for any other text. Whether they still hold is not its question.
    func claims(of token: String) -> Tree? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, token.utf8.count < 16 << 10, let header = Base64URL.decode(parts[0]), let body = Base64URL.decode(parts[1]),
            let raw = Base64URL.decode(parts[2]), (try? Tree(parsing: header))?["alg"]?.string == "ES256",
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: raw),
            key.publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8))
        else { return nil }
        return try? Tree(parsing: body)
    }

    /// The public half, for `/openid/v1/jwks`.
    var keySet: Value {
        let point = key.publicKey.rawRepresentation
        return [
            "keys": [
                [
                    "use": "sig", "kty": "EC", "kid": .string(id), "crv": "P-256", "alg": "ES256",
                    "x": .string(Base64URL.encode(point.prefix(32))), "y": .string(Base64URL.encode(point.suffix(32))),
                ]
            ]
        ]
    }
}

/// Base64 for URLs, unpadded (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: Substring) -> [UInt8]? {
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while padded.utf8.count % 4 != 0 { padded += "=" }
        return Data(base64Encoded: String(padded)).map { Array($0) }
    }
}
