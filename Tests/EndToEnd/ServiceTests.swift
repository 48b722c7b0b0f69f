import Foundation
import Programs
import Testing

/// Services as pods and the host reach them.
@Suite(.serialized, .ownThreads) struct ServiceTests {
    private func curl(_ arguments: String...) throws -> String {
        try Program.run(try #require(Program.find("curl")), ["-s", "-m", "30"] + arguments).output
    }

    private func ready(_ cluster: Cluster, _ name: String, _ count: Int) async throws {
        try await eventually("\(count) of \(name) are ready") {
            try cluster.get("deployment \(name)", ".status.readyReplicas") == "\(count)"
        }
    }

    @Test func `a cluster address is balanced over the ready pods and nothing else`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.servers("web", replicas: 3))
        try cluster.apply(Manifest.service("web", app: "web", port: 8000, "type: NodePort"))
        try await ready(cluster, "web", 3)
        let pods = Set(try cluster.get("pods -l app=web", ".items[*].metadata.name").split(separator: " ").map(String.init))
        #expect(pods.count == 3)
        let port = try cluster.get("service web", ".spec.ports[0].nodePort")
        func inside() async throws -> [String] {
            try await cluster.ask("for i in 1 2 3 4 5 6 7 8 9; do curl -s -m 5 http://web:8000/; done").split(separator: "\n").map(
                String.init)
        }
        func outside() throws -> [String] {
            try (0..<9).map { _ in try curl("http://127.0.0.1:\(port)/").trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        try await eventually("the proxy knows all three") { try Set(outside()) == pods }
        // In turn: each as often as the others.
        #expect(
            Dictionary(grouping: try await inside(), by: { $0 }).mapValues(\.count)
                == Dictionary(uniqueKeysWithValues: pods.map { ($0, 3) }))
        #expect(
            Dictionary(grouping: try outside(), by: { $0 }).mapValues(\.count) == Dictionary(uniqueKeysWithValues: pods.map { ($0, 3) }))

        // One that fails its readiness probe gets nothing, and is not restarted.
        let sick = try #require(pods.first)
        _ = try await cluster.ask("curl -s -m 5 http://\(try cluster.get("pod \(sick)", ".status.podIP"))/unready")
        try await eventually("it is out") { try !outside().contains(sick) }
        #expect(Set(try await inside()) == pods.subtracting([sick]))
        #expect(try cluster.get("pod \(sick)", ".status.conditions[?(@.type=='Ready')].status") == "False")
        #expect(try cluster.get("pod \(sick)", ".status.containerStatuses[0].restartCount") == "0")
        let shown = try cluster.kubectl("get", "endpointslices", "-o", "yaml", "-l", "kubernetes.io/service-name=web").output
        #expect(shown.contains("ready: false"))

        // Without any pod there is nobody to answer.
        #expect(try cluster.kubectl("scale", "deployment/web", "--replicas=0").status == 0)
        try await eventually("the port is closed") { try outside().allSatisfy { $0.isEmpty } }
    }

    @Test func `a service without selector goes where its Endpoints say`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.servers("web", replicas: 1))
        try await ready(cluster, "web", 1)
        let address = try cluster.get("pods -l app=web", ".items[0].status.podIP")
        try cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: elsewhere}
            spec: {ports: [{port: 8000}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: elsewhere}
            subsets: [{addresses: [{ip: \(address)}], ports: [{port: 80}]}]
            """)
        try await eventually("they are mirrored") {
            try cluster.get("endpointslices -l kubernetes.io/service-name=elsewhere", ".items[*].endpoints[*].addresses[0]") == address
        }
        let name = try cluster.get("pods -l app=web", ".items[0].metadata.name")
        let said = try await cluster.ask("for i in 1 2 3 4 5 6 7 8 9; do curl -s -m 5 http://elsewhere:8000/ && break; sleep 1; done")
        #expect(said.trimmingCharacters(in: .whitespacesAndNewlines) == name)
        #expect(try cluster.kubectl("delete", "endpoints", "elsewhere").status == 0)
        try await eventually("the mirrored slice goes with them") {
            try cluster.get("endpointslices -l kubernetes.io/service-name=elsewhere", ".items[*].metadata.name").isEmpty
        }
    }

    @Test func `a client stays with its pod when the service says so`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.servers("web", replicas: 3))
        try cluster.apply(Manifest.service("web", app: "web", "sessionAffinity: ClientIP"))
        try await ready(cluster, "web", 3)
        let seen = try await cluster.ask("for i in 1 2 3 4 5 6; do curl -s -m 5 http://web/; done").split(separator: "\n")
        #expect(seen.count == 6)
        #expect(Set(seen).count == 1)
    }

    @Test func `connections to a pod that goes are finished`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let patient = Manifest.servers("web", replicas: 1, container: "lifecycle: {preStop: {sleep: {seconds: 5}}}")
            .replacingOccurrences(of: "terminationGracePeriodSeconds: 1", with: "terminationGracePeriodSeconds: 30")
        try cluster.apply(patient)
        try cluster.apply(Manifest.service("web", app: "web", "type: NodePort"))
        try await ready(cluster, "web", 1)
        let port = try cluster.get("service web", ".spec.ports[0].nodePort")
        let old = try cluster.get("pods -l app=web", ".items[0].metadata.name")
        try await eventually("it answers") { try curl("http://127.0.0.1:\(port)/") == "\(old)\n" }
        async let slow = Task.detached { try curl("http://127.0.0.1:\(port)/slow") }.value
        try await eventually("the slow request is with the pod") { try cluster.kubectl("logs", old).output.contains("slow") }
        #expect(try cluster.kubectl("delete", "pod", old, "--wait=false").status == 0)
        // New connections go to its successor while the old one is still at work.
        try await eventually("another one answers") {
            let name = try curl("http://127.0.0.1:\(port)/")
            return name.hasPrefix("web-") && name != "\(old)\n"
        }
        #expect(try await slow == "\(old)\n")
    }

    @Test func `a pod reaches itself by its service`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.servers("web", replicas: 1))
        try cluster.apply(Manifest.service("web", app: "web"))
        try await eventually("it is ready") { try cluster.get("deployment web", ".status.readyReplicas") == "1" }
        let pod = try cluster.get("pods -l app=web", ".items[0].metadata.name")
        try await eventually("it hears itself") {
            try cluster.run(["exec", pod, "--", "curl", "-s", "-m", "5", "http://web/"]).output == "\(pod)\n"
        }
    }

    @Test func `datagrams go to the pods of a UDP service and back`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let echo = """
            import socket, os
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 5353))
            while True:
                data, peer = s.recvfrom(4096)
                s.sendto(os.uname().nodename.encode() + b" " + data, peer)
            """
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: echo, labels: {app: echo}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: host/python3, args: ["-c", \(Manifest.quoted(echo))]}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: echo}
            spec:
              type: NodePort
              selector: {app: echo}
              ports: [{name: echo, port: 53, targetPort: 5353, protocol: UDP}]
            """)
        try await cluster.isReady("echo")
        let port = try cluster.get("service echo", ".spec.ports[0].nodePort")
        func client(_ host: String, _ port: String) -> String {
            "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.connect(('\(host)', \(port))); s.send(b'hello'); print(s.recv(99).decode())"
        }
        try await eventually("a pod is answered") {
            try await cluster.ask("python3 -c \"\(client("echo", "53"))\"") == "echo hello\n"
        }
        let python = try #require(Program.find("python3"))
        #expect(try Program.run(python, ["-c", client("127.0.0.1", port)]).output == "echo hello\n")
    }

    @Test func `node ports answer where they are told to, load balancers at the node's address`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder, ["--nodeport-addresses", "127.0.0.2,127.0.0.3"])
        try cluster.apply(Manifest.servers("web", replicas: 1))
        try cluster.apply(Manifest.service("ports", app: "web", "type: NodePort"))
        try await ready(cluster, "web", 1)
        let port = try cluster.get("service ports", ".spec.ports[0].nodePort")
        for address in ["127.0.0.2", "127.0.0.3"] {
            try await eventually("it answers on \(address)") { try curl("http://\(address):\(port)/").hasPrefix("web-") }
        }
        #expect(try curl("http://127.0.0.1:\(port)/") == "")

        let free = try FreePort.take()
        try cluster.apply(Manifest.service("balanced", app: "web", port: free, "type: LoadBalancer"))
        try await eventually("it has the node's address") {
            try cluster.get("service balanced", ".status.loadBalancer.ingress[0].ip")
                == cluster.get("nodes", ".items[0].status.addresses[?(@.type=='InternalIP')].address")
        }
        try await eventually("it answers there") { try curl("http://127.0.0.1:\(free)/").hasPrefix("web-") }
        #expect(try cluster.kubectl("get", "service", "balanced").output.contains("127.0.0.1"))

        for (value, message) in [("nowhere", "--nodeport-addresses nowhere: must be an IPv4 address or range")] {
            let outcome = try Program.run(
                Program.skiff, ["up", "--state-dir", folder.path + "/other", "--listen", "127.0.0.1:0", "--nodeport-addresses", value])
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains(message))
        }
    }

    @Test func `names of services and pods resolve in pods`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.servers("web", replicas: 2))
        try cluster.apply(Manifest.service("web", app: "web", port: 8080))
        try cluster.apply(Manifest.service("bare", app: "web", "clusterIP: None"))
        try cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: elsewhere}
            spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
            """)
        try await ready(cluster, "web", 2)
        #expect(try cluster.get("service kube-dns", ".spec.clusterIP", namespace: "kube-system") == "10.96.0.10")
        let address = try cluster.get("service web", ".spec.clusterIP")
        // By the search path, and whole; from another namespace by the longer name.
        let names = ["web", "web.default", "web.default.svc", "web.default.svc.cluster.local", "elsewhere"]
        let found = try await cluster.ask(names.map { "getent ahostsv4 \($0) | head -1 | cut -d' ' -f1" }.joined(separator: "\n"))
        #expect(found.split(separator: "\n").map(String.init) == Array(repeating: address, count: names.count))
        #expect(try await cluster.ask("cat /etc/resolv.conf").hasPrefix("search default.svc.cluster.local svc.cluster.local cluster.local"))
        // Headless: the pods themselves, and not one that is unready.
        let pods = Set(try cluster.get("pods -l app=web", ".items[*].status.podIP").split(separator: " ").map(String.init))
        #expect(Set(try await cluster.ask("getent ahostsv4 bare | cut -d' ' -f1").split(separator: "\n").map(String.init)) == pods)
        // Records that the C library does not ask for.
        let query = """
            import socket, struct
            def ask(name, type):
                q = struct.pack(">HHHHHH", 7, 256, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + struct.pack(">BHH", 0, type, 1)
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3)
                s.sendto(q, ("10.96.0.10", 53)); a = s.recv(4096)
                def name_at(i):
                    labels = []
                    while a[i]:
                        if a[i] >= 192: return labels + name_at((a[i] & 63) << 8 | a[i + 1])[0], i + 2
                        labels.append(a[i + 1:i + 1 + a[i]].decode()); i += 1 + a[i]
                    return labels, i + 1
                count = struct.unpack(">H", a[6:8])[0]; i = len(q); out = []
                for _ in range(count):
                    _, i = name_at(i); kind, _, _, size = struct.unpack(">HHIH", a[i:i + 10]); i += 10
                    if kind == 33: out.append("%d %s" % (struct.unpack(">H", a[i + 4:i + 6])[0], ".".join(name_at(i + 6)[0])))
                    elif kind == 12: out.append(".".join(name_at(i)[0]))
                    i += size
                print(name, a[3] & 15, *sorted(out))
            ask("_http._tcp.web.default.svc.cluster.local", 33)
            ask("_http._tcp.bare.default.svc.cluster.local", 33)
            ask("\(address.split(separator: ".").reversed().joined(separator: ".")).in-addr.arpa", 12)
            ask("nothing.default.svc.cluster.local", 1)
            """
        let said = try await cluster.ask("python3 -c \(ServiceTests.shellQuoted(query))").split(separator: "\n").map(String.init)
        #expect(said.count == 4, "\(said)")
        #expect(said.first == "_http._tcp.web.default.svc.cluster.local 0 8080 web.default.svc.cluster.local")
        let dashed = pods.map { "80 \($0.replacingOccurrences(of: ".", with: "-")).bare.default.svc.cluster.local" }.sorted()
        #expect(said.dropFirst().first == "_http._tcp.bare.default.svc.cluster.local 0 \(dashed.joined(separator: " "))")
        #expect(said.dropFirst(2).first?.hasSuffix(" 0 web.default.svc.cluster.local") == true)
        #expect(said.last == "nothing.default.svc.cluster.local 3")
    }

    private static func shellQuoted(_ text: String) -> String { "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'" }
}

/// A port that nobody uses now.
enum FreePort {
    static func take() throws -> Int {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, size) == 0 && getsockname(number, $0, &size) == 0 }
        }
        try #require(status)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
