import ClusterObjects
import Foundation
import Testing

@testable import ClusterStore

@Suite struct EncryptionTests {
    private let secrets = GroupResource("", "secrets")

    private func hex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0 }
    }

    @Test func `secretbox seals and opens the example of Cryptography in NaCl`() {
        let key = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389")
        let nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
        let message = hex(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
                + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
                + "5e0705")
        let box = hex(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
                + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
                + "7973f622a43d14a6599b1f654cb45a74e355a5")
        #expect(SecretBox.seal(message, key: key, nonce: nonce) == box)
        #expect(SecretBox.open(box, key: key, nonce: nonce) == message)
        for place in [0, 15, 16, box.count - 1] {
            var changed = box
            changed[place] ^= 1
            #expect(SecretBox.open(changed, key: key, nonce: nonce) == nil)
        }
        #expect(SecretBox.open([], key: key, nonce: nonce) == nil)
    }

    @Test func `messages of every length come back`() {
        var random = Seeded(state: 7)
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        for length in Array(0...130) + [1024, 4097] {
            let nonce = (0..<24).map { _ in UInt8.random(in: 0...255, using: &random) }
            let message = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(SecretBox.open(SecretBox.seal(message, key: key, nonce: nonce), key: key, nonce: nonce) == message)
        }
    }

    /// RFC 8439, appendix A.3: sums that touch the modulus.
    @Test(arguments: [
        ("02000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000"),
        (
            "01000000000000000000000000000000",
            "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000",
            "05000000000000000000000000000000"
        ),
        (
            "01000000000000000000000000000000",
            "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101",
            "00000000000000000000000000000000"
        ),
        ("02000000000000000000000000000000", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff"),
    ])
    func `the authenticator reduces as the RFC's vectors say`(key: String, message: String, tag: String) {
        #expect(Poly1305.tag(hex(message), key: hex(key) + [UInt8](repeating: 0, count: 16)) == hex(tag))
    }

    // MARK: - On disk

    private func configuration(_ providers: Value...) throws -> Encryption {
        try Encryption([
            "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
            "resources": [["resources": ["secrets"], "providers": .array(providers)]],
        ])
    }

    private func keys(_ cipher: String, _ names: String...) -> Value {
        [
            cipher: [
                "keys": .array(
                    names.map { ["name": .string($0), "secret": .string(Data(SHA(name: $0)).base64EncodedString())] })
            ]
        ]
    }

    /// 32 bytes that depend on the name alone.
    private func SHA(name: String) -> [UInt8] { (0..<32).map { UInt8(truncatingIfNeeded: name.utf8.reduce($0) { $0 &* 31 &+ Int($1) }) } }

    private func onDisk(_ directory: String) throws -> String {
        var all = ""
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            all += String(decoding: FileManager.default.contents(atPath: "\(directory)/\(name)") ?? Data(), as: UTF8.self)
        }
        return all
    }

    /// Opens the store, writes what is given, and closes it.
    private func open(_ directory: String, _ encryption: Encryption, write: (String, String)? = nil) async throws -> [String: [UInt8]] {
        let store = try SQLiteStore(directory: directory, encryption: encryption, logger: quiet)
        if let write { _ = try await store.write(.create(bytes(write.1)), to: secrets, write.0) }
        var found: [String: [UInt8]] = [:]
        for object in store.snapshot(secrets).range() { found[object.path] = object.bytes }
        await store.close()
        return found
    }

    @Test func `keys are changed by putting a new one first`() async throws {
        try await withFolder { directory in
            _ = try await open(directory, .none, write: ("d/plain", "treasure-1"))
            #expect(try onDisk(directory).contains("treasure-1"))
            _ = try await open(directory, try configuration(keys("aesgcm", "a"), ["identity": [:]]), write: ("d/aes", "treasure-2"))
            #expect(try !onDisk(directory).contains("treasure"))
            #expect(try onDisk(directory).contains("k8s:enc:aesgcm:v1:a:"))
            _ = try await open(
                directory, try configuration(keys("secretbox", "b"), keys("aesgcm", "a")), write: ("d/box", "treasure-3"))
            #expect(try !onDisk(directory).contains("k8s:enc:aesgcm"))
            let found = try await open(directory, try configuration(keys("secretbox", "b")))
            #expect(found == ["d/plain": bytes("treasure-1"), "d/aes": bytes("treasure-2"), "d/box": bytes("treasure-3")])
            // And back.
            _ = try await open(directory, try configuration(["identity": [:]], keys("secretbox", "b")))
            #expect(try await open(directory, .none).count == 3)
        }
    }

    @Test func `without its key a store says which one it needs, and is left as it is`() async throws {
        try await withFolder { directory in
            _ = try await open(directory, try configuration(keys("aesgcm", "a")), write: ("d/x", "treasure"))
            for other in [.none, try configuration(keys("aesgcm", "b")), try configuration(keys("secretbox", "a"))] {
                do {
                    _ = try await open(directory, other)
                    Issue.record("it opened")
                } catch let error as StoreError {
                    #expect(error.description.contains(#"/registry/core/secrets/d/x is enciphered with the aesgcm key "a""#))
                }
            }
            let found = try await open(directory, try configuration(keys("aesgcm", "a")))
            #expect(found.count == 1)
            #expect(try StoreCheck(directory: directory).isWhole, "no key is needed to check")
        }
    }

    @Test func `an object opens only where it was put`() throws {
        let encryption = try configuration(keys("aesgcm", "a"))
        let sealed = try encryption.sealed(bytes("x"), of: secrets, key: "/registry/core/secrets/d/x")
        #expect(throws: Encryption.Unreadable.self) { try encryption.opened(sealed, of: secrets, key: "/registry/core/secrets/d/y") }
    }

    @Test(arguments: [
        ("secrets", GroupResource("", "secrets"), true), ("secrets", GroupResource("x.org", "secrets"), false),
        ("deployments.apps", GroupResource("apps", "deployments"), true), ("*.apps", GroupResource("apps", "deployments"), true),
        ("*.", GroupResource("", "secrets"), true), ("*.", GroupResource("apps", "deployments"), false),
        ("*.*", GroupResource("apps", "deployments"), true),
    ])
    func `resources are named as Kubernetes names them`(pattern: String, collection: GroupResource, expected: Bool) {
        #expect(Encryption.Rule(resources: [pattern], providers: []).covers(collection) == expected)
    }

    @Test func `what is wrong in a configuration is named by its field, secrets are not shown`() throws {
        func problem(_ provider: Value) -> String {
            do { _ = try configuration(provider) } catch { return "\(error)" }
            return ""
        }
        #expect(problem(["aescbc": [:]]) == "resources[0].providers[0].aescbc: not supported; there are aesgcm, secretbox, identity")
        #expect(problem(["aesgcm": ["keys": []]]) == "resources[0].providers[0].aesgcm.keys: at least one is required")
        #expect(
            problem(["secretbox": ["keys": [["name": "a", "secret": "c2hvcnQ="]]]])
                == "resources[0].providers[0].secretbox.keys[0].secret: is 5 bytes long, must be 32")
        #expect(
            problem(["aesgcm": ["keys": [["name": "a", "secret": "***"]]]])
                == "resources[0].providers[0].aesgcm.keys[0].secret: must be base64")
        #expect(problem(keys("aesgcm", "a", "a")) == "resources[0].providers[0].aesgcm.keys[1].name: a is there twice")
    }
}
