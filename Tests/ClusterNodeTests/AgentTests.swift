import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import ClusterStore
import ClusterTransport
import Foundation
import Logging
import Synchronization
import Testing

@testable import ClusterNode

/// A node agent against the real API server in memory, with real programs.
@Suite(.serialized) struct AgentTests {
    @Test func `a pod with a ConfigMap volume and a Secret variable runs, is ready, and leaves nothing when deleted`() async throws {
        try await withAgent { cluster in
            try await cluster.create(.configMaps, ["metadata": ["name": "page"], "data": ["index.html": "hello"]])
            try await cluster.create(.secrets, ["metadata": ["name": "key"], "stringData": ["password": "s3cret"]])
            try await cluster.run(
                "web",
                [
                    "containers": [
                        [
                            "name": "main", "image": "host/sh",
                            "args": ["-c", "cat /srv/page/index.html; echo; echo $PASSWORD $(hostname) $POD_IP; sleep 1000"],
                            "env": [
                                ["name": "PASSWORD", "valueFrom": ["secretKeyRef": ["name": "key", "key": "password"]]],
                                ["name": "POD_IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
                            ],
                            "volumeMounts": [["name": "page", "mountPath": "/srv/page"]],
                            "readinessProbe": ["exec": ["command": ["sh", "-c", "test -f /srv/page/index.html"]], "periodSeconds": 1],
                        ]
                    ],
                    "volumes": [["name": "page", "configMap": ["name": "page"]]],
                ])
            let pod = try await cluster.pod("web") { $0.isReady }
            #expect(pod.phase == "Running")
            #expect(pod.condition("Ready")?.reason == "")
            #expect(pod.podIP.hasPrefix("10.244.0."))
            let log = try await cluster.log(pod, "main") { $0.contains("s3cret") }
            #expect(log == "hello\ns3cret web \(pod.podIP)\n")

            try await cluster.client.delete(.pods, namespace: "default", name: "web", options: DeleteOptions(gracePeriodSeconds: 1))
            try await cluster.gone("web")
        }
    }

    @Test func `a job's pod succeeds, a killed program is restarted in place`() async throws {
        try await withAgent { cluster in
            try await cluster.run(
                "once", ["restartPolicy": "Never", "containers": [["name": "main", "image": "host/sh", "args": ["-c", "echo done"]]]])
            let once = try await cluster.pod("once") { $0.isFinished }
            #expect(once.phase == "Succeeded")
            #expect(once.containerStatuses.first?["state"]?["terminated"]?["reason"]?.string == "Completed")

            try await cluster.run(
                "again", ["containers": [["name": "main", "image": "host/sh", "args": ["-c", "exec sleep 1000"]]]])
            let before = try await cluster.pod("again") { $0.isReady }
            try await PodDirectory(node: cluster.node, uid: before.uid).client.signal("main", SIGKILL)
            let after = try await cluster.pod("again") { $0.isReady && $0.containerStatuses.first?["restartCount"]?.int == 1 }
            let last = after.containerStatuses.first?["lastState"]?["terminated"]
            #expect(last?["exitCode"]?.int == 137)
            #expect(last?["reason"]?.string == "Error")
            #expect(after.uid == before.uid)
        }
    }

    @Test func `a changed ConfigMap reaches the pods that run, an init container's emptyDir what comes after`() async throws {
        try await withAgent { cluster in
            try await cluster.create(.configMaps, ["metadata": ["name": "c"], "data": ["k": "one"]])
            try await cluster.run(
                "reader",
                [
                    "restartPolicy": "Never",
                    "initContainers": [
                        [
                            "name": "first", "image": "host/sh", "args": ["-c", "cp /c/k /shared/before"],
                            "volumeMounts": [["name": "c", "mountPath": "/c"], ["name": "shared", "mountPath": "/shared"]],
                        ]
                    ],
                    "containers": [
                        [
                            "name": "main", "image": "host/sh",
                            "args": [
                                "-c", "until grep -q two /c/k; do sleep 0.02; done; cat /usr/share/shared/before > /dev/termination-log",
                            ],
                            "volumeMounts": [
                                ["name": "c", "mountPath": "/c"], ["name": "shared", "mountPath": "/usr/share/shared", "readOnly": true],
                            ],
                        ]
                    ], "volumes": [["name": "c", "configMap": ["name": "c"]], ["name": "shared", "emptyDir": .emptyObject]],
                ])
            _ = try await cluster.pod("reader") { $0.containerStatuses.first?["state"]?["running"] != nil }
            _ = try await cluster.client.patch(
                .configMaps, namespace: "default", name: "c", subresource: nil, patch: Patch(.merge, ["data": ["k": "two"]]),
                options: WriteOptions())
            let pod = try await cluster.pod("reader") { $0.isFinished }
            #expect(pod.phase == "Succeeded")
            #expect(pod.containerStatuses.first?["state"]?["terminated"]?["message"]?.string == "one")
        }
    }

    @Test func `an HTTPS probe takes any certificate`() async throws {
        try await withAgent { cluster in
            let authority = try ClusterCA(directory: "\(cluster.node)/pki")
            let credential = try authority.serverCredential(names: ["other"], addresses: [])
            try await cluster.create(
                .configMaps, ["metadata": ["name": "tls"], "data": ["all.pem": Value(credential.key + "\n" + credential.certificate)]])
            let program = """
                import http.server, ssl
                server = http.server.HTTPServer(("", 443), http.server.SimpleHTTPRequestHandler)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain("/tls/all.pem")
                server.socket = context.wrap_socket(server.socket, server_side=True)
                server.serve_forever()
                """
            try await cluster.run(
                "secure",
                [
                    "containers": [
                        [
                            "name": "main", "image": "host/python3", "args": ["-c", Value(program)],
                            "volumeMounts": [["name": "tls", "mountPath": "/tls"]],
                            "readinessProbe": ["httpGet": ["port": 443, "scheme": "HTTPS"], "periodSeconds": 1, "timeoutSeconds": 5],
                        ]
                    ], "volumes": [["name": "tls", "configMap": ["name": "tls"]]],
                ])
            _ = try await cluster.pod("secure") { $0.isReady }
        }
    }

    @Test func `another image is refused with what this node can run`() async throws {
        try await withAgent { cluster in
            try await cluster.run("other", ["containers": [["name": "main", "image": "nginx"]]])
            let pod = try await cluster.pod("other") {
                $0.containerStatuses.first?["state"]?["waiting"]?["reason"]?.string == "ErrImagePull"
            }
            let message = pod.containerStatuses.first?["state"]?["waiting"]?["message"]?.string ?? ""
            #expect(message.contains("host/PROGRAM"), "\(message)")
        }
    }

    @Test func `a pod whose shim is killed starts again in place, with another address`() async throws {
        try await withAgent { cluster in
            try await cluster.run("web", ["containers": [["name": "main", "image": "host/sh", "args": ["-c", "exec sleep 1000"]]]])
            let before = try await cluster.pod("web") { $0.isReady }
            PodDirectory(node: cluster.node, uid: before.uid).shim?.kill(SIGKILL)
            let after = try await cluster.pod("web") { $0.isReady && $0.containerStatuses.first?["restartCount"]?.int == 1 }
            #expect(after.uid == before.uid)
            #expect(after.podIP != before.podIP)
            #expect(after.status?["podIPs"]?.count == 1)
        }
    }

    @Test func `the next agent takes up the pods that run`() async throws {
        try await withAgent { cluster in
            try await cluster.run(
                "stays",
                [
                    "containers": [
                        [
                            "name": "main", "image": "host/sh", "args": ["-c", "exec sleep 1000"],
                            "readinessProbe": ["exec": ["command": ["true"]], "periodSeconds": 1, "failureThreshold": 1],
                        ]
                    ]
                ])
            let before = try await cluster.pod("stays") { $0.isReady }
            try await cluster.restartAgent()
            try await cluster.run("new", ["containers": [["name": "main", "image": "host/sh", "args": ["-c", "exec sleep 1000"]]]])
            let new = try await cluster.pod("new") { $0.isReady }
            #expect(new.podIP != before.podIP)
            let after = try await cluster.pod("stays") { $0.isReady }
            #expect(after.containerStatuses.first?["restartCount"]?.int == 0)
            #expect(after.condition("Ready")?.lastTransitionTime == before.condition("Ready")?.lastTransitionTime)
            #expect(after.containerStatuses.first?["containerID"]?.string == before.containerStatuses.first?["containerID"]?.string)
        }
    }
}

/// An API server in memory and a node agent on it.
final class TestCluster: Sendable {
    let node: String
    let client: any Client
    private let agent: Task<Void, any Error>?
    private let network: NodeNetwork

    init(node: String, client: any Client, network: NodeNetwork, agent: Task<Void, any Error>?) {
        self.node = node
        self.client = client
        self.network = network
        self.agent = agent
    }

    func create(_ resource: GroupVersionResource, _ object: Value) async throws {
        _ = try await client.create(resource, namespace: "default", object)
    }

    /// Makes a pod that is bound to the node.
    func run(_ name: String, _ spec: Value) async throws {
        var spec = spec
        spec["nodeName"] = "n1"
        spec["automountServiceAccountToken"] = false
        try await create(.pods, ["metadata": ["name": Value(name)], "spec": spec])
    }

    /// The pod as soon as it is so.
    func pod(_ name: String, _ condition: (Pod) -> Bool) async throws -> Pod {
        let deadline = Date().addingTimeInterval(20)
        while true {
            let pod = Pod(try await client.get(.pods, namespace: "default", name: name))
            if condition(pod) { return pod }
            if Date() > deadline { throw ShimError("not in time: \(pod.status?.value.jsonText ?? "no status")") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func gone(_ name: String) async throws {
        let deadline = Date().addingTimeInterval(20)
        while Date() < deadline {
            do throws(APIError) { _ = try await client.get(.pods, namespace: "default", name: name) } catch {
                if error.isNotFound { return }
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ShimError("pod \(name) is still there")
    }

    func log(_ pod: Pod, _ container: String, until condition: (String) -> Bool) async throws -> String {
        let directory = PodDirectory(node: node, uid: pod.uid)
        let deadline = Date().addingTimeInterval(20)
        while true {
            var bytes: [UInt8] = []
            let log = ContainerLog(path: directory.log(container, attempt: 0), query: LogQuery()) { false }
            try await log.read { bytes += $0 }
            let text = String(decoding: bytes, as: UTF8.self)
            if condition(text) || Date() > deadline { return text }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func restartAgent() async throws {
        agent?.cancel()
        _ = await agent?.result
        let network = try await NodeNetwork.open(directory: node, podCIDR: "10.244.0.0/24", serviceCIDR: "10.96.0.0/16")
        #expect(network.isAdopted)
        let next = try await NodeAgent(
            configuration: NodeConfiguration(name: "n1", directory: node), network: network, client: client, logger: .quiet)
        second.withLock { $0 = Task { try await next.run() } }
    }

    private let second = Mutex<Task<Void, any Error>?>(nil)

    func stop() async {
        agent?.cancel()
        _ = await agent?.result
        let task = second.withLock { $0 }
        task?.cancel()
        _ = await task?.result
        await NodeAgent.stopPods(directory: node, grace: 0)
    }
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

func withAgent(_ body: (TestCluster) async throws -> Void) async throws {
    let node = NSTemporaryDirectory() + "skiff-agent-" + UUID().uuidString
    try TextFile.makeDirectory(node)
    let server = APIServer(
        configuration: APIServerConfiguration(disabledAdmissionPlugins: ["ServiceAccount"]), store: MemoryStore(), registry: .builtIn(),
        logger: .quiet)
    try await server.bootstrap(port: 6443)
    let client = server.localClient(user: "system:node:n1")
    let network = try await NodeNetwork.open(directory: node, podCIDR: "10.244.0.0/24", serviceCIDR: "10.96.0.0/16")
    let agent = try await NodeAgent(
        configuration: NodeConfiguration(name: "n1", directory: node), network: network, client: client, logger: .quiet)
    let cluster = TestCluster(node: node, client: client, network: network, agent: Task { try await agent.run() })
    let result: Result<Void, any Error>
    do {
        try await body(cluster)
        result = .success(())
    } catch { result = .failure(error) }
    await cluster.stop()
    TextFile.remove(node)
    try result.get()
}
