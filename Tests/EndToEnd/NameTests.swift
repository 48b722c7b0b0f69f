import Foundation
import Programs
import Testing

/// Names that pods look up: of pods, over TCP, and of the world.
@Suite(.serialized, .ownThreads) struct NameTests {
    /// Asks the cluster's name server for one address over TCP, and prints the answer's code and addresses.
    private static let overTCP = """
        import socket, struct, sys
        q = struct.pack(">HHHHHH", 7, 256, 1, 0, 0, 0)
        q += b"".join(bytes([len(l)]) + l.encode() for l in sys.argv[1].split(".")) + struct.pack(">BHH", 0, 1, 1)
        s = socket.create_connection(("10.96.0.10", 53), 20); f = s.makefile("rb")
        s.sendall(struct.pack(">H", len(q)) + q)
        a = f.read(struct.unpack(">H", f.read(2))[0])
        count = struct.unpack(">H", a[6:8])[0]
        print(a[3] & 15, *[socket.inet_ntoa(a[-4:])] * count)
        """

    /// A name server of the test's own, on an address of this host: every name has one address, 203.0.113.7 by UDP and .8 by TCP.
    private static let server = """
        import socket, socketserver, struct, sys
        def answer(q, last):
            end = 12
            while q[end]: end += q[end] + 1
            kind = struct.unpack(">H", q[end + 1:end + 3])[0]
            a = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([203, 0, 113, last]) if kind == 1 else b""
            return q[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if a else 0, 0, 0) + q[12:end + 5] + a
        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                q = self.rfile.read(struct.unpack(">H", self.rfile.read(2))[0]); a = answer(q, 8)
                self.wfile.write(struct.pack(">H", len(a)) + a)
        class Datagram(socketserver.DatagramRequestHandler):
            def handle(self): self.wfile.write(answer(self.rfile.read(), 7))
        import threading
        streams = socketserver.ThreadingTCPServer((sys.argv[1], 53), Stream)
        datagrams = socketserver.ThreadingUDPServer((sys.argv[1], 53), Datagram)
        threading.Thread(target=streams.serve_forever, daemon=True).start()
        print("listens", flush=True)
        datagrams.serve_forever()
        """

    @Test func `pods have names by their address, and by hostname and subdomain, over TCP too`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: crew}
            spec: {clusterIP: None, selector: {app: crew}, ports: [{port: 80}]}
            ---

            """ + Manifest.pod("first", "sleep 1000", labels: "app: crew", spec: "hostname: ada\nsubdomain: crew"))
        try await cluster.isReady("first")
        let address = try cluster.get("pod first", ".status.podIP")
        let dashed = address.replacingOccurrences(of: ".", with: "-")
        try await eventually("the pod has its name") {
            try cluster.run(["exec", "first", "--", "getent", "ahostsv4", "ada.crew"]).output.hasPrefix("\(address) ")
        }
        let byAddress = try cluster.run(["exec", "first", "--", "getent", "ahostsv4", "\(dashed).default.pod.cluster.local"])
        #expect(byAddress.output.hasPrefix("\(address) "))
        #expect(try cluster.run(["exec", "first", "--", "hostname", "-f"]).output == "ada.crew.default.svc.cluster.local\n")
        for (name, answer) in [("ada.crew.default.svc.cluster.local", "0 \(address)\n"), ("eve.crew.default.svc.cluster.local", "3\n")] {
            #expect(try cluster.run(["exec", "first", "--", "python3", "-c", Self.overTCP, name]).output == answer)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can listen on port 53 and give skiff a resolv.conf of its own"))
    func `other names are asked of the host's resolver`() async throws {
        let folder = try Folder()
        // Every address of 127.0.0.0/8 is this host; nobody else has this one.
        let address = "127.\(Int.random(in: 1...254)).\(Int.random(in: 1...254)).53"
        let server = try Background(try #require(Program.find("python3")), ["-c", Self.server, address])
        try await eventually("the name server listens") { server.said.contains("listens") }
        let file = try folder.write("resolv.conf", "nameserver \(address)\n")
        let line = ["unshare", "-m", "sh", "-c", "mount --bind $1 /etc/resolv.conf && shift && exec \"$@\"", "sh", file]
        let cluster = try await Cluster.whole(folder, launcher: line)
        try cluster.apply(Manifest.pod("asks", "sleep 1000"))
        try await cluster.isReady("asks")
        let found = try cluster.run(["exec", "asks", "--", "getent", "ahostsv4", "world.example.test"])
        #expect(found.output.hasPrefix("203.0.113.7 "))
        #expect(
            try cluster.run(["exec", "asks", "--", "python3", "-c", Self.overTCP, "world.example.test"]).output == "0 203.0.113.8\n")
        // What is the cluster's own is not asked there.
        #expect(
            try cluster.run(["exec", "asks", "--", "python3", "-c", Self.overTCP, "none.default.svc.cluster.local"]).output == "3\n")
    }
}
