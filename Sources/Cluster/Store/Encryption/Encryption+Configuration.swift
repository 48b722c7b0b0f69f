import ClusterObjects
import Foundation

/// kube-apiserver's `--encryption-provider-config`. Source: k8s.io/apiserver/pkg/apis/apiserver/v1, EncryptionConfiguration, and its
/// validation.
extension Encryption {
    /// What is wrong with a configuration, by its field.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// - Throws: ``Problem`` naming the field; for ciphers that there are none of here, too.
    public init(_ document: Value) throws(Problem) {
        guard document["kind"] == "EncryptionConfiguration", document["apiVersion"] == "apiserver.config.k8s.io/v1" else {
            throw Problem(description: "must be an EncryptionConfiguration of apiserver.config.k8s.io/v1")
        }
        let entries = document["resources"]?.array ?? []
        guard !entries.isEmpty else { throw Problem(description: "resources: at least one is required") }
        var rules: [Rule] = []
        for (index, entry) in entries.enumerated() { rules.append(try Encryption.rule(entry, "resources[\(index)]")) }
        self.init(rules: rules)
    }

    private static func rule(_ entry: Value, _ path: String) throws(Problem) -> Rule {
        guard let resources = entry["resources"]?.strings, !resources.isEmpty, resources.allSatisfy({ !$0.isEmpty }) else {
            throw Problem(description: "\(path).resources: must name at least one resource, e.g. secrets")
        }
        let listed = entry["providers"]?.array ?? []
        guard !listed.isEmpty else { throw Problem(description: "\(path).providers: at least one is required") }
        var providers: [Provider] = []
        var names: Set<String> = []
        for (index, provider) in listed.enumerated() {
            let path = "\(path).providers[\(index)]"
            guard let fields = provider.object, fields.count == 1, let (kind, settings) = fields.first(where: { _ in true }) else {
                throw Problem(description: "\(path): must be exactly one of aesgcm, secretbox, identity")
            }
            if kind == "identity" {
                providers.append(.identity)
                continue
            }
            guard let cipher = Cipher(rawValue: kind) else {
                throw Problem(description: "\(path).\(kind): not supported; there are aesgcm, secretbox, identity")
            }
            providers.append(.keys(try keys(settings, cipher, "\(path).\(kind)", &names)))
        }
        return Rule(resources: resources, providers: providers)
    }

    private static func keys(_ settings: Value, _ cipher: Cipher, _ path: String, _ names: inout Set<String>) throws(Problem) -> [Key] {
        let listed = settings["keys"]?.array ?? []
        guard !listed.isEmpty else { throw Problem(description: "\(path).keys: at least one is required") }
        let sizes = cipher == .aesgcm ? [16, 24, 32] : [SecretBox.keySize]
        var keys: [Key] = []
        for (index, key) in listed.enumerated() {
            let path = "\(path).keys[\(index)]"
            guard let name = key["name"]?.string, !name.isEmpty, !name.contains(":"), name.utf8.count <= 253 else {
                throw Problem(description: "\(path).name: must be a name without colons")
            }
            guard names.insert("\(cipher.rawValue):\(name)").inserted else {
                throw Problem(description: "\(path).name: \(name) is there twice")
            }
            // The secret itself is never shown.
            guard let secret = key["secret"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
                throw Problem(description: "\(path).secret: must be base64")
            }
            guard sizes.contains(secret.count) else {
                throw Problem(
                    description:
                        "\(path).secret: is \(secret.count) bytes long, must be \(sizes.map(String.init).joined(separator: ", "))")
            }
            keys.append(Key(cipher: cipher, name: name, secret: Array(secret)))
        }
        return keys
    }
}
