import Foundation
import Programs
import Testing

/// The control plane alone, as kubectl sees it.
@Suite(.serialized, .ownThreads) struct ControlPlaneTests {
    private let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: server, image: host/sleep, args: ["60"]}]}
        """

    @Test func `kubectl creates, scales, reads and deletes`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state")
        #expect(try cluster.kubectl("create", "namespace", "shop").status == 0)
        let created = try cluster.kubectl("apply", "--server-side", "--validate=false", "-f", "-", input: deployment)
        #expect(created.output == "deployment.apps/web serverside-applied\n", "\(created.errors)")
        func pods() throws -> [Substring] {
            try cluster.kubectl("get", "pods", "-n", "shop", "-l", "app=web", "-o", "name").output.split(separator: "\n")
        }
        try await eventually("three pods are made") { try pods().count == 3 }
        #expect(try cluster.kubectl("scale", "deployment/web", "-n", "shop", "--replicas=1").status == 0)
        try await eventually("two pods are taken away") { try pods().count == 1 }
        let events = try cluster.kubectl("get", "events", "-n", "shop", "-o", "jsonpath={.items[*].reason}")
        #expect(events.output.contains("ScalingReplicaSet"))
        #expect(try cluster.kubectl("delete", "deployment", "web", "-n", "shop", "--wait=false").status == 0)
        try await eventually("its pods are collected") { try pods().isEmpty }
        #expect(try cluster.kubectl("delete", "namespace", "shop", "--timeout=60s").status == 0)
        #expect(try cluster.kubectl("get", "namespace", "shop").errors.contains("namespaces \"shop\" not found"))
        #expect(try await cluster.end(SIGTERM) == 0)
    }

    @Test func `what was acknowledged outlives kill -9`() async throws {
        let folder = try Folder()
        let state = folder.path + "/state"
        let first = try await Cluster(state: state)
        #expect(try first.kubectl("create", "configmap", "kept", "--from-literal=a=b").status == 0)
        try await first.end(SIGKILL)
        let second = try await Cluster(state: state)
        #expect(try second.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}").output == "b")
    }

    @Test func `a long answer comes gzipped to who takes it so, and kubectl on this machine does not ask for it`() async throws {
        let folder = try Folder()
        let tokens = try folder.write("tokens.csv", "gzip-test,tester,1,\"system:masters\"\n")
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--without", "controllers,scheduler,node,proxy,reconciler", "--token-auth-file", tokens])
        let text = String(repeating: "all work and no play ", count: 20_000)
        #expect(try cluster.kubectl("create", "configmap", "long", "--from-file=text=\(folder.write("text", text))").status == 0)
        #expect(try cluster.kubectl("create", "configmap", "short", "--from-literal=a=b").status == 0)
        let curl = try #require(Program.find("curl"))
        func ask(_ name: String, _ arguments: String...) throws -> Substring {
            let path = "\(cluster.address)/api/v1/namespaces/default/configmaps/\(name)"
            return try Program.run(curl, ["-sk", "-H", "Authorization: Bearer gzip-test"] + arguments + [path]).output[...]
        }
        let plain = try ask("long")
        #expect(plain.contains(text))
        #expect(try ask("long", "--compressed") == plain)
        func encodings(_ name: String, _ accepted: String) throws -> [Substring] {
            try ask(name, "-H", "Accept-Encoding: \(accepted)", "-o", "/dev/null", "-D", "-").split(whereSeparator: \.isNewline)
                .filter { $0.lowercased().hasPrefix("content-encoding") }
        }
        #expect(try encodings("long", "br, gzip").map { $0.lowercased() } == ["content-encoding: gzip"])
        #expect(try encodings("long", "br").isEmpty && encodings("short", "gzip").isEmpty)
        #expect(try cluster.kubectl("get", "configmap", "long", "-v=8").errors.contains("Content-Encoding") == false)
    }

    @Test func `the second on a state directory is told who has it`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state")
        let second = try Program.run(Program.skiff, ["up", "--state-dir", cluster.state, "--listen", "127.0.0.1:0"])
        #expect(second.status == 1)
        #expect(second.errors.contains("is in use by process \(cluster.pid)"))
    }

    @Test func `a port that is taken is named`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/one")
        let port = try #require(cluster.address.split(separator: ":").last)
        let second = try Program.run(Program.skiff, ["up", "--state-dir", folder.path + "/two", "--listen", "127.0.0.1:\(port)"])
        #expect(second.status == 1)
        #expect(second.errors.contains("cannot listen on 127.0.0.1:\(port): another program uses that port"))
    }

    @Test(arguments: ["localhost", "127.0.0.5", "0.0.0.0"]) func `it answers where it is told to, and nowhere else`(host: String)
        async throws
    {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,node,proxy", "--listen", "\(host):0"])
        let own = host == "127.0.0.5" ? host : "127.0.0.1"
        #expect(cluster.address.hasPrefix("https://\(own):"))
        #expect(try cluster.kubectl("get", "namespaces").status == 0)
        let port = try #require(cluster.address.split(separator: ":").last)
        let everywhere = try Program.run(try #require(Program.find("hostname")), ["-I"]).output.split(whereSeparator: \.isWhitespace)
            .filter { $0.contains(".") }
        // By a certificate that is for the address, too.
        for address in ["127.0.0.1", "127.0.0.5"] + everywhere.map(String.init) {
            let answer = try cluster.kubectl("get", "namespaces", "--server", "https://\(address):\(port)", "--request-timeout", "20s")
            let isThere = address == own || host == "0.0.0.0" && address != "127.0.0.5"
            #expect((answer.status == 0) == isThere, "\(address): \(answer.errors)")
        }
        let endpoint = try cluster.kubectl("get", "endpoints", "kubernetes", "-o", "jsonpath={.subsets[0].addresses[0].ip}").output
        #expect(host == "0.0.0.0" ? everywhere.map(String.init).contains(endpoint) || endpoint == "127.0.0.1" : endpoint == own)
    }

    @Test func `a stranger sees health and version, and nothing else`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state")
        let curl = try #require(Program.find("curl"))
        func status(_ path: String) throws -> String {
            try Program.run(curl, ["-sk", "-o", "/dev/null", "-w", "%{http_code}", cluster.address + path]).output
        }
        for path in ["/livez", "/readyz", "/healthz", "/version"] { #expect(try status(path) == "200", "\(path)") }
        for path in ["/api", "/api/v1/pods", "/apis", "/openapi/v2", "/metrics"] { #expect(try status(path) == "401", "\(path)") }
        let mode = try FileManager.default.attributesOfItem(atPath: cluster.state + "/kubeconfig")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
