import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Foundation
import Testing

@Suite struct IdentityTests {
    private func account(_ test: TestServer) async throws {
        _ = try await test.client.create(.serviceAccounts, namespace: "default", ["metadata": ["name": "robot"]])
    }

    private func token(_ test: TestServer, _ spec: Value = .emptyObject) async throws -> String {
        let made = try await test.client.create(
            .serviceAccounts, namespace: "default", name: "robot", subresource: "token", object: ["spec": spec], options: WriteOptions())
        return made.draft[path: "status", "token"]?.string ?? ""
    }

    private func whoami(_ test: TestServer, _ token: String) async throws -> (status: Int, body: Value, text: String) {
        try await test.http(
            "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: "{}", headers: [("Authorization", "Bearer \(token)")],
            anonymous: true)
    }

    @Test func `nobody gets more than health and version`() async throws {
        let test = try await TestServer()
        for path in ["/livez", "/readyz", "/healthz", "/version"] {
            #expect(try await test.http("GET", path, anonymous: true).status == 200)
        }
        for path in ["/api", "/apis", "/api/v1/pods", "/openapi/v2", "/nothing"] {
            #expect(try await test.http("GET", path, anonymous: true).status == 401)
        }
    }

    @Test func `a service account is known by its token, while it is there`() async throws {
        let test = try await TestServer()
        try await account(test)
        let token = try await token(test)
        let answer = try await whoami(test, token)
        #expect(answer.body[path: "status", "userInfo", "username"] == "system:serviceaccount:default:robot")
        _ = try await test.client.delete(.serviceAccounts, namespace: "default", name: "robot")
        #expect(try await whoami(test, token).status == 401)
        try await account(test)
        #expect(try await whoami(test, token).status == 401, "another account of the same name")
    }

    @Test func `a token bound to a pod ends with it`() async throws {
        let test = try await TestServer(disabled: [])
        try await account(test)
        var made = pod("p")
        made[path: "spec", "serviceAccountName"] = "robot"
        _ = try await test.client.create(.pods, namespace: "default", made)
        let token = try await token(test, ["boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": "p"]])
        let answer = try await whoami(test, token)
        #expect(answer.body[path: "status", "userInfo", "extra", "authentication.kubernetes.io/pod-name"] == ["p"])
        _ = try await test.client.delete(.pods, namespace: "default", name: "p")
        #expect(try await whoami(test, token).status == 401)
    }

    @Test func `tokens of another key, another audience or changed by a byte are nobody's`() async throws {
        let test = try await TestServer()
        let other = try await TestServer(store: test.store)
        try await account(test)
        let token = try await token(test)
        #expect(try await whoami(other, token).status == 401)
        #expect(try await whoami(test, try await self.token(test, ["audiences": ["elsewhere"]])).status == 401)
        var changed = Array(token.utf8)
        let middle = changed.count / 2
        changed[middle] = changed[middle] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
        #expect(try await whoami(test, String(decoding: changed, as: UTF8.self)).status == 401)
        for text in ["", ".", "..", "a.b.c", String(repeating: "x", count: 20_000)] {
            #expect(try await whoami(test, text).status == 401)
        }
    }

    @Test func `a Secret's token is its account's while the Secret has it`() async throws {
        let key = ServiceAccountKey()
        let test = try await TestServer(key: key)
        try await account(test)
        let uid = try await test.client.get(.serviceAccounts, namespace: "default", name: "robot").uid
        let secret = ObjectKey(namespace: "default", name: "s")
        let token = try key.token(for: secret, account: "robot", uid: uid)
        #expect(try await whoami(test, token).status == 401, "there is no Secret")
        let made: Value = [
            "metadata": ["name": "s", "annotations": ["kubernetes.io/service-account.name": "robot"]],
            "type": "kubernetes.io/service-account-token", "data": ["token": .string(Base64.encode(Array(token.utf8)))],
        ]
        _ = try await test.client.create(.secrets, namespace: "default", made)
        for _ in 0..<2 {
            let answer = try await whoami(test, token)
            #expect(answer.body[path: "status", "userInfo", "username"] == "system:serviceaccount:default:robot")
            #expect(answer.body[path: "status", "userInfo", "uid"] == .string(uid))
        }
        #expect(try await whoami(test, try key.token(for: secret, account: "robot", uid: uid)).status == 401, "not the one it has")
        #expect(try await whoami(test, try key.token(for: secret, account: "default", uid: uid)).status == 401)
        _ = try await test.client.patch(
            .secrets, namespace: "default", name: "s", patch: Patch(.merge, ["data": ["token": "eA=="]]))
        #expect(try await whoami(test, token).status == 401)
    }

    @Test func `tokens live through a restart, their key's file is private`() async throws {
        let directory = NSTemporaryDirectory() + "skiff-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try await TestServer(key: try ServiceAccountKey(path: directory + "/sa.key"))
        try await account(first)
        let token = try await token(first)
        let second = try await TestServer(store: first.store, key: try ServiceAccountKey(path: directory + "/sa.key"))
        #expect(try await whoami(second, token).status == 201)
        let mode = try FileManager.default.attributesOfItem(atPath: directory + "/sa.key")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
