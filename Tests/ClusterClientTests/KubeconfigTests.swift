import ClusterClient
import ClusterObjects
import Foundation
import Testing

@Suite struct KubeconfigTests {
    private func config(user: Value = ["token": "t"], cluster: Value = ["server": "https://c:6443"]) -> Value {
        [
            "current-context": "here", "clusters": [["name": "c", "cluster": cluster]], "users": [["name": "u", "user": user]],
            "contexts": [["name": "here", "context": ["cluster": "c", "user": "u", "namespace": "shop"]]],
        ]
    }

    @Test func `follows the current context to server, token and namespace`() throws {
        let read = try Kubeconfig(config(), directory: "/")
        #expect(read == Kubeconfig(server: "https://c:6443", token: "t", namespace: "shop"))
    }

    @Test func `inline data wins over files, files are relative to the kubeconfig`() throws {
        let directory = NSTemporaryDirectory() + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "from the file".write(toFile: "\(directory)/ca.crt", atomically: true, encoding: .utf8)
        let data = Data("inline".utf8).base64EncodedString()
        let file = try Kubeconfig(config(cluster: ["server": "s", "certificate-authority": "ca.crt"]), directory: directory)
        #expect(file.authority == "from the file")
        let both: Value = ["server": "s", "certificate-authority": "ca.crt", "certificate-authority-data": .string(data)]
        #expect(try Kubeconfig(config(cluster: both), directory: directory).authority == "inline")
    }

    static let useless: [(Value, String)] = [
        (["exec": "aws"], "users[u].user.exec: not supported; use a token or a client certificate"),
        (["client-certificate-data": "!"], "client-certificate-data: not base64"),
        (["client-certificate-data": "YQ=="], "users[u].user: client-certificate and client-key belong together"),
        (["tokenFile": "/nowhere/token"], "tokenFile: /nowhere/token cannot be read"),
    ]

    @Test(arguments: useless) func `what cannot be used is named`(user: Value, message: String) {
        #expect { try Kubeconfig(config(user: user), directory: "/") } throws: { "\($0)" == message }
    }

    @Test func `a context that is not there is named`() {
        #expect { try Kubeconfig(config(), context: "prod", directory: "/") } throws: { "\($0)" == "contexts: no entry named \"prod\"" }
        #expect { try Kubeconfig(.null, directory: "/") } throws: { "\($0)" == "current-context: not set; name one" }
    }

    @Test func `rendered as YAML every string is quoted`() {
        let text = Kubeconfig(server: "https://c", authority: "PEM", token: "a: \"b\"").yaml()
        #expect(text.contains(#"    token: "a: \"b\"""#))
        #expect(text.contains("    certificate-authority-data: UEVN\n"))
    }
}
