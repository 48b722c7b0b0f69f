import Foundation
import Programs
import Testing

/// Requests to what pods, services and nodes serve, passed on by the API server.
@Suite(.serialized, .ownThreads) struct ProxyTests {
    /// Tells what it was asked for; redirects, and speaks another protocol, where it is asked to.
    private static let server = """
        import gzip, hashlib, http.server, json, threading
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def body(self):
                digest, count = hashlib.sha256(), 0
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while True:
                        size = int(self.rfile.readline(), 16)
                        data = self.rfile.read(size); self.rfile.readline()
                        if not size: break
                        digest.update(data); count += size
                else:
                    left = int(self.headers.get("Content-Length") or 0)
                    while left:
                        data = self.rfile.read(min(left, 65536)); left -= len(data); digest.update(data); count += len(data)
                return count, digest.hexdigest()
            def answer(self):
                if self.headers.get("Upgrade") == "echo":
                    self.send_response(101); self.send_header("Connection", "Upgrade"); self.send_header("Upgrade", "echo"); self.end_headers()
                    while True:
                        line = self.rfile.readline()
                        if not line: break
                        self.wfile.write(line.upper())
                    self.close_connection = True
                    return
                count, digest = self.body()
                if self.path.startswith("/big"):
                    self.send_response(200); self.send_header("Content-Length", str(20 << 20)); self.end_headers()
                    for _ in range(20): self.wfile.write(b"y" * (1 << 20))
                    return
                if self.path == "/page":
                    page = b"<a href='/there'>there</a><script>'<a href=/no>'</script>"
                    if "gzip" in self.headers.get("Accept-Encoding", ""): page = gzip.compress(page)
                    self.send_response(200); self.send_header("Content-Type", "text/html; charset=utf-8")
                    if page[:1] != b"<": self.send_header("Content-Encoding", "gzip")
                    self.send_header("Content-Length", str(len(page))); self.end_headers()
                    if self.command != "HEAD": self.wfile.write(page)
                    return
                status = {"/teapot": 418, "/moved": 302, "/away": 302}.get(self.path, 200)
                text = (json.dumps({"method": self.command, "path": self.path, "count": count, "digest": digest,
                    "headers": {name.lower(): value for name, value in self.headers.items()}}) + "\\n").encode()
                self.send_response(status)
                if self.path == "/moved": self.send_header("Location", "/there?x=1")
                if self.path == "/away": self.send_header("Location", "http://example.org/")
                self.send_header("Access-Control-Allow-Origin", "*"); self.send_header("X-Own", "kept")
                self.send_header("Content-Type", "application/json"); self.send_header("Content-Length", str(len(text))); self.end_headers()
                if self.command != "HEAD": self.wfile.write(text)
            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer
            def log_message(self, *arguments): print(self.command, self.path, flush=True)
        http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
        """

    private static let pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: host/python3
              args: ["-c", \(Manifest.quoted(server))]
              ports: [{name: http, containerPort: 8080}]
              readinessProbe: {tcpSocket: {port: http}, periodSeconds: 1, failureThreshold: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          selector: {app: web}
          ports: [{name: http, port: 80, targetPort: http}, {name: other, port: 81, targetPort: 9999}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: nobody}
        spec:
          selector: {app: nobody}
          ports: [{name: http, port: 80}]

        """

    private struct Seen: Decodable {
        var method: String
        var path: String
        var count: Int
        var digest: String
        var headers: [String: String]

        init(_ text: String) throws { self = try JSONDecoder().decode(Seen.self, from: Data(text.utf8)) }
    }

    private func start(_ folder: Folder) async throws -> Cluster {
        let cluster = try await Cluster.whole(folder, ["--without", "proxy"])
        try cluster.apply(Self.pod)
        try await cluster.isReady("web")
        try await eventually("the service has its pod") { try cluster.get("endpoints web", ".subsets[0].addresses[0].ip") != "" }
        return cluster
    }

    @Test func `kubectl get --raw reads what a service, a pod and a node serve`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder)
        func raw(_ path: String) throws -> Outcome { try cluster.kubectl("get", "--raw", path) }
        let services = "/api/v1/namespaces/default/services"
        for name in ["web:http", "web:80", "http:web:80"] {
            let seen = try Seen(try raw("\(services)/\(name)/proxy/a/b%20c/?x=1&y=%2F").output)
            #expect(seen.method == "GET" && seen.path == "/a/b%20c/?x=1&y=%2F")
            #expect(seen.headers["x-forwarded-uri"] == "\(services)/\(name)/proxy/a/b%20c/")
            #expect(seen.headers["x-forwarded-for"] == "127.0.0.1" && seen.headers["authorization"] == nil)
        }
        // Without a slash at the end a reader is sent to where relative links are right.
        #expect(try Seen(try raw("\(services)/web:80/proxy").output).path == "/")
        // A pod's first port is meant where none is named.
        let pods = "/api/v1/namespaces/default/pods"
        for name in ["web", "web:8080", "http:web:8080"] { #expect(try Seen(try raw("\(pods)/\(name)/proxy/p").output).path == "/p") }
        #expect(try raw("\(services)/web:80/proxy/big").output.utf8.count == 20 << 20)

        // In Kubernetes' words.
        #expect(
            try raw("\(services)/nobody:80/proxy/").errors
                == "Error from server (ServiceUnavailable): no endpoints available for service \"nobody\"\n")
        #expect(
            try raw("\(services)/web:8/proxy/").errors
                == "Error from server (ServiceUnavailable): no service port 8 found for service \"web\"\n")
        #expect(try raw("\(services)/none:80/proxy/").errors == "Error from server (NotFound): services \"none\" not found\n")
        #expect(try raw("\(services)/none/proxy/").errors == "Error from server (NotFound): endpoints \"none\" not found\n")
        #expect(
            try raw("\(services)/ftp:web:80/proxy/").errors == "Error from server (BadRequest): invalid service request \"ftp:web:80\"\n")
        let address = try cluster.get("pod web", ".status.podIP")
        #expect(
            try raw("\(services)/web:other/proxy/").errors
                == "Error from server (ServiceUnavailable): error trying to reach service: dial tcp \(address):9999: connect: connection refused\n"
        )
        #expect(try raw("\(services)/web:80/proxy/teapot").status != 0)

        // A node's own endpoint, and nothing else on this machine.
        let node = try cluster.get("nodes", ".items[0].metadata.name")
        #expect(try raw("/api/v1/nodes/\(node)/proxy/healthz").output == "ok\n")
        #expect(try raw("/api/v1/nodes/\(node)/proxy/containerLogs/default/web/main").output.contains("GET /a/b%20c/"))
        #expect(try raw("/api/v1/nodes/\(node):22/proxy/").errors == "Error from server (BadRequest): address not allowed\n")

        // Who may do it is asked as of any other subresource.
        #expect(
            try cluster.kubectl("get", "--raw", "\(services)/web:80/proxy/", "--as", "eve").errors.contains(
                "User \"eve\" cannot get resource \"services/proxy\" in API group \"\" in the namespace \"default\""))
    }

    @Test func `every method, long bodies, redirects and other protocols go through kubectl proxy`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder)
        let proxy = try cluster.background("proxy", "--port=0")
        var port = ""
        try await eventually("kubectl proxy listens: \(proxy.said)") {
            port = proxy.said.split(separator: ":").last?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            return proxy.said.contains("Starting to serve on") && !port.isEmpty
        }
        let curl = try #require(Program.find("curl"))
        let base = "http://127.0.0.1:\(port)/api/v1/namespaces/default/services/web:80/proxy"
        func ask(_ arguments: String...) throws -> String { try Program.run(curl, ["-s", "-m", "60"] + arguments).output }

        for method in ["PUT", "PATCH", "DELETE", "OPTIONS"] {
            let seen = try Seen(try ask("-X", method, "-d", "some text", "\(base)/x"))
            #expect(seen.method == method && seen.count == 9)
        }
        // Twenty megabytes, of a length that is told and of one that is not.
        let file = try folder.write("long", String(repeating: "all work and no play\n", count: 1_000_000))
        let digest = try Program.run(try #require(Program.find("sha256sum")), [file]).output.prefix(64)
        for more in [[], ["-H", "Transfer-Encoding: chunked"]] {
            let seen = try Seen(try Program.run(curl, ["-s", "-m", "60", "-X", "POST", "-T", file] + more + ["\(base)/upload"]).output)
            #expect(seen.count == 21_000_000 && seen.digest == digest)
        }
        // Links of the server lead back through the proxy; what is meant for browsers elsewhere is not passed on.
        let moved = try ask("-D", "-", "-o", "/dev/null", "\(base)/moved")
        #expect(moved.hasPrefix("HTTP/1.1 302 "))
        #expect(moved.contains("Location: /api/v1/namespaces/default/services/web:80/proxy/there?x=1\r\n"))
        #expect(moved.contains("X-Own: kept\r\n") && !moved.lowercased().contains("access-control"))
        #expect(try ask("-D", "-", "-o", "/dev/null", "\(base)/away").contains("Location: http://example.org/\r\n"))
        let page =
            "<a href='/api/v1/namespaces/default/services/web:80/proxy/there'>there</a><script>'<a href=/no>'</script>"
        #expect(try ask("\(base)/page") == page)
        #expect(try ask("--compressed", "\(base)/page") == page)
        let head = try ask("-I", "\(base)/teapot")
        #expect(head.hasPrefix("HTTP/1.1 418 "))

        // Another protocol, agreed on with the pod itself.
        let script = """
            import socket
            s = socket.create_connection(("127.0.0.1", \(port)))
            s.sendall(b"GET /api/v1/namespaces/default/pods/web:8080/proxy/echo HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n")
            f = s.makefile("rb")
            print(f.readline().decode().strip())
            while f.readline().strip(): pass
            s.sendall(b"hello\\n"); print(f.readline().decode().strip())
            s.sendall(b"again\\n"); print(f.readline().decode().strip())
            """
        let python = try #require(Program.find("python3"))
        #expect(try Program.run(python, ["-c", script]).output == "HTTP/1.1 101 Switching Protocols\nHELLO\nAGAIN\n")
    }

    @Test func `who may is asked by verb, and nobody gets more than a proxy gives`() async throws {
        let folder = try Folder()
        let cluster = try await start(folder)
        let curl = try Curl(cluster, folder)
        #expect(try cluster.kubectl("create", "role", "reader", "--verb=get", "--resource=services/proxy").status == 0)
        #expect(try cluster.kubectl("create", "rolebinding", "reader", "--role=reader", "--user=eve").status == 0)
        let service = "\(cluster.address)/api/v1/namespaces/default/services/web:80/proxy/x"
        func code(_ method: String, _ more: String...) throws -> String {
            let asked = ["-s", "-m", "60", "-o", "/dev/null", "-w", "%{http_version} %{response_code}", "-X", method]
            return try Program.run(curl.path, asked + curl.trust + ["-H", "Impersonate-User: eve"] + more).output
        }
        for version in ["--http1.1", "--http2"] {
            let number = version == "--http2" ? "2" : "1.1"
            #expect(try code("GET", version, service) == "\(number) 200")
            #expect(try code("HEAD", version, "-I", service) == "\(number) 200")
            for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                #expect(try code(method, version, service) == "\(number) 403", "\(method)")
            }
        }
        let verbs = ["POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"]
        for (method, verb) in verbs {
            let refusal = try curl.ask("-X", method, "-H", "Impersonate-User: eve", service).output
            #expect(refusal.contains(#"User \"eve\" cannot \#(verb) resource \"services/proxy\""#), "\(refusal)")
        }

        // Whose request it is stays here; what concerns the connection, and what it names, too.
        let hop = ["-H", "Connection: close, X-Hop, X-Forwarded-Uri", "-H", "X-Hop: 1", "-H", "TE: gzip", "-H", "Proxy-Authorization: x"]
        let own = ["-H", "Impersonate-User: eve", "-H", "X-Forwarded-For: 192.0.2.1", "-H", "X-Own: 2"]
        let seen = try Seen(try Program.run(curl.path, ["-s", "-m", "60", "--http1.1"] + curl.trust + hop + own + [service]).output)
        #expect(seen.headers["x-own"] == "2" && seen.headers["x-forwarded-for"] == "192.0.2.1, 127.0.0.1")
        #expect(seen.headers["x-forwarded-uri"] == "/api/v1/namespaces/default/services/web:80/proxy/x")
        for name in ["x-hop", "te", "proxy-authorization", "impersonate-user"] { #expect(seen.headers[name] == nil, "\(name)") }
        let token = try cluster.kubectl("create", "token", "default").output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try cluster.kubectl("create", "rolebinding", "robot", "--role=reader", "--serviceaccount=default:default").status == 0)
        let robot = try Program.run(
            curl.path, ["-s", "-m", "60"] + curl.trust.prefix(2) + ["-H", "Authorization: Bearer \(token)", service])
        #expect(try Seen(robot.output).headers["authorization"] == nil)

        // Bodies of HTTP/2, whose length is told or not.
        for more in [["-d", "some text"], ["-T", try folder.write("text", "some text"), "-H", "Content-Length:"]] {
            let posted = try Program.run(curl.path, ["-s", "-m", "60", "--http2", "-X", "POST"] + curl.trust + more + [service])
            #expect(try Seen(posted.output).count == 9)
        }

        // A node joins the API server with others when that asks for it, not when somebody asks through it.
        let node = try cluster.get("nodes", ".items[0].metadata.name")
        let port = cluster.address.split(separator: ":").last ?? ""
        for connection in ["Upgrade", "Upgrade, X-Forwarded-Uri"] {
            let dialled = try curl.ask(
                "--http1.1", "-X", "POST", "-H", "Connection: \(connection)", "-H", "Upgrade: tcp", "-w", "%{response_code}",
                "\(cluster.address)/api/v1/nodes/\(node)/proxy/dial/127.0.0.1/\(port)")
            #expect(dialled.output == "404 page not found\n404")
        }

        // Endpoints that somebody writes lead to no address that is not a pod's of the namespace.
        try cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: elsewhere}
            spec: {ports: [{port: 80}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: elsewhere}
            subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]
            """)
        #expect(
            try cluster.kubectl("get", "--raw", "/api/v1/namespaces/default/services/elsewhere:80/proxy/").errors
                == "Error from server (ServiceUnavailable): no endpoints available for service \"elsewhere:80\"\n")
    }
}
