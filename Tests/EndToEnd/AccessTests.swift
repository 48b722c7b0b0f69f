import Foundation
import Programs
import Testing

/// Who may do what, as kubectl sees it.
@Suite(.serialized, .ownThreads) struct AccessTests {
    /// A control plane with a user `jane`, known by a token.
    private func start(_ folder: Folder, _ arguments: [String] = []) async throws -> Cluster {
        let tokens = try folder.write("tokens.csv", "secret-of-jane,jane,1,\"shop\"\n")
        return try await Cluster(
            state: folder.path + "/state", ["--without", "reconciler,node,proxy", "--token-auth-file", tokens] + arguments)
    }

    /// kubectl as whoever has the token.
    private func kubectl(_ cluster: Cluster, token: String, _ arguments: String...) throws -> Outcome {
        let path = try #require(Program.find("kubectl"))
        let login = ["--server", cluster.address, "--insecure-skip-tls-verify", "--token", token]
        return try Program.run(path, login + arguments, environment: ["KUBECONFIG": "/dev/null"])
    }

    @Test func `a user with a Role may what it says and is told what that is`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder)
        let jane = "secret-of-jane"
        let refused = try kubectl(cluster, token: jane, "get", "pods")
        #expect(refused.status == 1)
        #expect(refused.errors.contains(#"User "jane" cannot list resource "pods" in API group "" in the namespace "default""#))
        #expect(try cluster.kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps/scale").status == 0)
        #expect(try cluster.kubectl("create", "rolebinding", "readers", "--role=reader", "--group=shop").status == 0)
        #expect(try kubectl(cluster, token: jane, "get", "pods").errors == "No resources found in default namespace.\n")
        #expect(try kubectl(cluster, token: jane, "get", "secrets").status == 1)
        #expect(try kubectl(cluster, token: jane, "get", "pods", "-n", "kube-system").status == 1)
        #expect(try kubectl(cluster, token: jane, "auth", "can-i", "list", "pods").output == "yes\n")
        let no = try kubectl(cluster, token: jane, "auth", "can-i", "delete", "pods")
        #expect(no.output == "no\n" && no.status == 1)
        let list = try kubectl(cluster, token: jane, "auth", "can-i", "--list").output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(list.contains("pods [] [] [get list]"))
        #expect(list.contains("deployments.apps/scale [] [] [get list]"))
        #expect(list.contains("selfsubjectaccessreviews.authorization.k8s.io [] [] [create]"))
        #expect(list.contains("[/livez] [] [get]"))
        let who = try kubectl(cluster, token: jane, "auth", "whoami", "-o", "jsonpath={.status.userInfo}").output
        #expect(who == #"{"groups":["shop","system:authenticated"],"uid":"1","username":"jane"}"#)
        #expect(try kubectl(cluster, token: "stolen", "get", "pods").errors.contains("Unauthorized"))
        let admin = try cluster.kubectl("auth", "whoami").output
        #expect(admin.contains("kubernetes-admin") && admin.contains("X509SHA256="))
        // Somebody else's eyes.
        #expect(try cluster.kubectl("auth", "can-i", "list", "pods", "--as", "jo", "--as-group", "shop").output == "yes\n")
        #expect(try cluster.kubectl("get", "secrets", "--as", "jane").errors.contains(#"User "jane" cannot list resource "secrets""#))
        #expect(try kubectl(cluster, token: jane, "get", "pods", "--as", "admin").errors.contains("cannot impersonate resource \"users\""))
    }

    @Test func `a service account is who its token says, and its roles follow aggregation and reconcile`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder)
        #expect(try cluster.kubectl("create", "serviceaccount", "robot").status == 0)
        let token = try cluster.kubectl("create", "token", "robot", "--duration=10m").output.trimmingCharacters(in: .whitespacesAndNewlines)
        let who = try kubectl(cluster, token: token, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
        #expect(who.output == "system:serviceaccount:default:robot")
        #expect(try kubectl(cluster, token: token, "get", "--raw", "/.well-known/openid-configuration").output.contains("/openid/v1/jwks"))
        let roles = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: robots, namespace: default}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{kind: ServiceAccount, name: robot, namespace: default}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: leases, labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}}
            rules: [{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [list]}]
            """
        let made = try cluster.kubectl("auth", "reconcile", "-f", "-", input: roles)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try kubectl(cluster, token: token, "get", "pods").status == 0)
        try await eventually("the role that gathers has the new rule") {
            try kubectl(cluster, token: token, "get", "leases").status == 0
        }
        #expect(try kubectl(cluster, token: token, "get", "secrets").status == 1)
        #expect(try cluster.kubectl("delete", "serviceaccount", "robot").status == 0)
        #expect(try kubectl(cluster, token: token, "get", "pods").errors.contains("Unauthorized"))
    }

    @Test func `a Secret may hold a service account's token, and goes with the account`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder)
        #expect(try cluster.kubectl("create", "serviceaccount", "robot").status == 0)
        let secret = """
            apiVersion: v1
            kind: Secret
            metadata: {name: robot-token, annotations: {kubernetes.io/service-account.name: robot}}
            type: kubernetes.io/service-account-token
            """
        try cluster.apply(secret)
        try await eventually("the token is there") { try !cluster.get("secret robot-token", ".data.token").isEmpty }
        let token = try #require(Data(base64Encoded: try cluster.get("secret robot-token", ".data.token")))
        let who = try kubectl(
            cluster, token: String(decoding: token, as: UTF8.self), "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
        #expect(who.output == "system:serviceaccount:default:robot")
        let described = try cluster.kubectl("describe", "secret", "robot-token").output
        #expect(described.contains("ca.crt:") && described.contains("namespace:  7 bytes"), "\(described)")
        #expect(try cluster.kubectl("delete", "serviceaccount", "robot").status == 0)
        try await eventually("the Secret has gone") { try cluster.get("secret robot-token", ".metadata.name").isEmpty }
        #expect(try kubectl(cluster, token: String(decoding: token, as: UTF8.self), "get", "pods").errors.contains("Unauthorized"))
    }

    @Test func `who is asked can be chosen`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder, ["--authorization-mode", "AlwaysAllow"])
        #expect(try kubectl(cluster, token: "secret-of-jane", "get", "secrets", "-A").status == 0)
        let wrong = try Program.run(Program.skiff, ["up", "--authorization-mode", "RBAC,Webhook"])
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("there are AlwaysAllow, AlwaysDeny, Node, RBAC"))
    }

    @Test func `what is done is written down, secrets only that they were touched`() async throws {
        let folder = try Folder()
        let policy = try folder.write(
            "policy.yaml",
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - {level: None, users: ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"]}
            - {level: RequestResponse}
            """)
        let log = folder.path + "/audit.log"
        let cluster = try await start(folder, ["--audit-policy-file", policy, "--audit-log-path", log])
        #expect(try cluster.kubectl("create", "configmap", "shown", "--from-literal=a=visible").status == 0)
        #expect(try cluster.kubectl("create", "secret", "generic", "hidden", "--from-literal=a=treasure").status == 0)
        #expect(try kubectl(cluster, token: "secret-of-jane", "get", "secret", "hidden").status == 1)
        #expect(try cluster.kubectl("get", "pods", "--as", "jane").status == 1)
        #expect(try kubectl(cluster, token: "stolen", "get", "pods").status == 1)
        let events = try AuditEvents(log)
        func event(_ verb: String, _ name: String) -> AuditEvents.Event? {
            events.all.first { $0.verb == verb && $0.text("objectRef", "name") == name }
        }
        let shown = try #require(event("create", "shown"))
        #expect(shown.text("level") == "RequestResponse" && shown.text("stage") == "ResponseComplete")
        #expect(shown.code == 201)
        #expect(shown.text("requestObject", "data", "a") == "visible")
        #expect(shown.user == "kubernetes-admin")
        #expect(shown.fields["sourceIPs"] as? [String] == ["127.0.0.1"])
        #expect(shown.text("annotations", "authorization.k8s.io/decision") == "allow")
        let hidden = try #require(event("create", "hidden"))
        #expect(hidden.text("level") == "Metadata" && hidden.fields["requestObject"] == nil)
        #expect(!events.text.contains("treasure") && !events.text.contains(Data("treasure".utf8).base64EncodedString()))
        let refused = try #require(event("get", "hidden"))
        #expect(refused.text("responseStatus", "reason") == "Forbidden")
        #expect(refused.text("annotations", "authorization.k8s.io/decision") == "forbid")
        #expect(events.all.contains { $0.text("impersonatedUser", "username") == "jane" })
        #expect(events.all.contains { $0.code == 401 })
        #expect(!events.text.contains("stolen") && !events.text.contains("secret-of-jane"), "tokens are nobody's business")
    }

    @Test func `a Secret cannot be read from the disk, and its key can be changed`() async throws {
        let folder = try Folder()
        func configuration(_ providers: String) throws -> String {
            try folder.write(
                "encryption-\(UUID().uuidString).yaml",
                """
                apiVersion: apiserver.config.k8s.io/v1
                kind: EncryptionConfiguration
                resources: [{resources: [secrets], providers: [\(providers), {identity: {}}]}]
                """)
        }
        let key = { (cipher: String, byte: UInt8) in
            "{\(cipher): {keys: [{name: k\(byte), secret: \(Data(repeating: byte, count: 32).base64EncodedString())}]}}"
        }
        func store() throws -> String {
            let directory = folder.path + "/state/store"
            return try FileManager.default.contentsOfDirectory(atPath: directory).map {
                String(decoding: FileManager.default.contents(atPath: "\(directory)/\($0)") ?? Data(), as: UTF8.self)
            }.joined()
        }
        let treasure = Data("treasure-in-plain".utf8).base64EncodedString()
        var cluster = try await start(folder)
        #expect(try cluster.kubectl("create", "secret", "generic", "early", "--from-literal=a=treasure-in-plain").status == 0)
        try await cluster.end(SIGTERM)
        #expect(try store().contains(treasure))

        cluster = try await start(folder, ["--encryption-provider-config", try configuration(key("aesgcm", 1))])
        #expect(try cluster.kubectl("create", "secret", "generic", "late", "--from-literal=a=treasure-in-plain").status == 0)
        #expect(
            try cluster.kubectl("get", "secrets", "early", "late", "-o", "jsonpath={.items[*].data.a}").output == "\(treasure) \(treasure)")
        #expect(try !store().contains(treasure))
        try await cluster.end(SIGKILL)
        #expect(try !store().contains(treasure))

        let both = try configuration("\(key("secretbox", 2)), \(key("aesgcm", 1))")
        cluster = try await start(folder, ["--encryption-provider-config", both])
        try await cluster.end(SIGTERM)
        #expect(try !store().contains("k8s:enc:aesgcm") && store().contains("k8s:enc:secretbox:v1:k2:"))
        cluster = try await start(folder, ["--encryption-provider-config", try configuration(key("secretbox", 2))])
        #expect(try cluster.kubectl("get", "secret", "early", "-o", "jsonpath={.data.a}").output == treasure)
        try await cluster.end(SIGTERM)

        let without = try Program.run(
            Program.skiff, ["up", "--state-dir", cluster.state, "--listen", "127.0.0.1:0", "--without", "node,proxy"])
        #expect(without.status == 1)
        #expect(without.errors.contains(#"is enciphered with the secretbox key "k2", which --encryption-provider-config does not have"#))
    }
}
