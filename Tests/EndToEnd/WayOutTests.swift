import Foundation
import Programs
import Testing

/// What pods reach beyond each other: the host, and the world behind it.
@Suite(.serialized, .ownThreads) struct WayOutTests {
    /// An address of this host that others reach it by; nil on a machine without a network.
    private static let hostAddress: String? = {
        guard let ip = Program.find("ip") ?? ["/usr/sbin/ip", "/sbin/ip"].first(where: FileManager.default.isExecutableFile),
            let said = try? Program.run(ip, ["-4", "-o", "address", "show", "scope", "global"])
        else { return nil }
        let words = said.output.split(whereSeparator: \.isWhitespace)
        return words.firstIndex(of: "inet").map { String(words[$0 + 1].prefix { $0 != "/" }) }
    }()

    private static var canLeave: Bool {
        hostAddress != nil && access("/dev/net/tun", R_OK | W_OK) == 0 && Program.find("pasta") != nil
            && Program.find("nft") != nil
    }

    /// Says who asked, in parts that take a while, over TCP; echoes over UDP. Writes its ports to standard output.
    private static let server = """
        import http.server, socket, threading, time
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers()
                for part in range(10):
                    self.wfile.write(b"."); self.wfile.flush(); time.sleep(0.2)
                self.wfile.write(b" from " + self.client_address[0].encode() + b"\\n")
            def log_message(self, *arguments): pass
        web = http.server.ThreadingHTTPServer(("", 0), Handler)
        echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); echo.bind(("", 0))
        def answer():
            while True:
                data, peer = echo.recvfrom(4096)
                echo.sendto(data, peer)
        threading.Thread(target=answer, daemon=True).start()
        print(web.server_port, echo.getsockname()[1], flush=True)
        web.serve_forever()
        """

    @Test(.enabled(if: canLeave, "this machine has no network, pasta or nft, or keeps /dev/net/tun to itself"))
    func `pods reach the host and what is behind it, all at the same time, as the user that runs skiff`() async throws {
        let folder = try Folder()
        let address = try #require(Self.hostAddress)
        let server = try Background(try #require(Program.find("python3")), ["-c", Self.server])
        try await eventually("the host's server listens") { server.said.contains("\n") }
        let ports = server.said.split(whereSeparator: \.isWhitespace)
        let cluster = try await Cluster.whole(folder)
        let datagram =
            "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(20); s.connect(('\(address)', \(ports[1]))); "
            + "s.send(b'echo'); print(s.recv(9).decode())"
        let names = ["a", "b", "c"]
        // They begin together, and hear the server's last word after two seconds.
        for name in names {
            try cluster.apply(
                Manifest.pod(
                    name, "curl -s -m 60 http://\(address):\(ports[0])/; python3 -c \"\(datagram)\"", spec: "restartPolicy: Never"))
        }
        for name in names {
            try await eventually("\(name) has asked") { try ["Succeeded", "Failed"].contains(cluster.get("pod \(name)", ".status.phase")) }
            #expect(try cluster.logs(name) == ".......... from \(address)\necho\n")
        }
    }
}
