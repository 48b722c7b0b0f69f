import Foundation
import Programs
import Testing

/// `kubectl port-forward`, as it is spoken since 1.31 (SPDY in a WebSocket) and before (SPDY alone).
@Suite(.serialized, .ownThreads) struct PortForwardTests {
    /// Sends back what comes, on two ports with a letter of its own before it; closes when the client is done. One of them is for the pod
    /// alone.
    private static let echo = Manifest.pod(
        "echo",
        """
        exec python3 -c '
        import socket, threading
        def serve(connection, letter):
            connection.sendall(letter)
            while True:
                data = connection.recv(65536)
                if not data: break
                connection.sendall(data)
            connection.close()
        def accept(server, letter):
            while True: threading.Thread(target=serve, args=(server.accept()[0], letter), daemon=True).start()
        inner = socket.create_server(("127.0.0.1", 7001), backlog=100)
        threading.Thread(target=accept, args=(inner, b"b"), daemon=True).start()
        accept(socket.create_server(("", 7000), backlog=100), b"a")
        '
        """, container: "readinessProbe: {tcpSocket: {port: 7000}, periodSeconds: 1}")

    /// Sends a megabyte over each of many connections at once, and compares what comes back.
    private static let client = """
        import os, socket, sys, threading
        port, letter, count = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
        good = []
        def one():
            data = os.urandom(1 << 20)
            connection = socket.create_connection(("127.0.0.1", port))
            def send():
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            sender = threading.Thread(target=send)
            sender.start()
            back = b""
            while True:
                more = connection.recv(65536)
                if not more: break
                back += more
            sender.join()
            if back == letter + data: good.append(1)
        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(len(good))
        """

    private func ask(_ port: String, _ letter: String, connections: Int) throws -> String {
        let python = try #require(Program.find("python3"))
        return try Program.run(python, ["-c", Self.client, port, letter, "\(connections)"]).output
    }

    /// Where kubectl listens for a port of the pod, once it says so.
    private func local(_ forward: Background, for port: Int) async throws -> String {
        var found: String?
        try await eventually("kubectl forwards to \(port): \(forward.said)") {
            let line = forward.said.split(separator: "\n").first {
                $0.hasPrefix("Forwarding from 127.0.0.1:") && $0.hasSuffix("-> \(port)")
            }
            found = line?.dropFirst("Forwarding from 127.0.0.1:".count).split(separator: " ").first.map(String.init)
            return found != nil
        }
        return try #require(found)
    }

    @Test(arguments: ["true", "false"]) func `several ports and many connections at once go over one connection`(webSockets: String)
        async throws
    {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder, ["--without", "proxy"])
        try cluster.apply(Self.echo)
        try await cluster.isReady("echo")
        let environment = ["KUBECTL_PORT_FORWARD_WEBSOCKETS": webSockets]

        let forward = try cluster.background("port-forward", "pod/echo", ":7000", ":7001", environment: environment)
        let (first, second) = (try await local(forward, for: 7000), try await local(forward, for: 7001))
        #expect(try ask(first, "a", connections: 8) == "8\n")
        #expect(try ask(second, "b", connections: 8) == "8\n")
        #expect(try ask(first, "a", connections: 1) == "1\n")

        // Where nobody listens, kubectl says so and gives up.
        let wrong = try cluster.background("port-forward", "pod/echo", ":7009", environment: environment)
        _ = try ask(try await local(wrong, for: 7009), "", connections: 1)
        #expect(try await wrong.status() == 1)
        #expect(wrong.said.contains("an error occurred forwarding"), "\(wrong.said)")
        #expect(wrong.said.contains("error forwarding port 7009 to pod"), "\(wrong.said)")
        #expect(wrong.said.contains("dial tcp 127.0.0.1:7009: connect: connection refused"), "\(wrong.said)")
        #expect(wrong.said.hasSuffix("error: lost connection to pod\n"), "\(wrong.said)")

        // It ends with the pod, also while a connection is open.
        let open = try Background(
            try #require(Program.find("python3")),
            ["-c", "import socket; s = socket.create_connection(('127.0.0.1', \(first))); print(s.recv(1), flush=True); print(s.recv(1))"])
        try await eventually("a connection is open") { open.said.contains("b'a'") }
        #expect(try cluster.kubectl("delete", "pod", "echo", "--now").status == 0)
        #expect(try await forward.status() == 1)
        #expect(forward.said.hasSuffix("error: lost connection to pod\n"), "\(forward.said)")
        #expect(try await open.status() == 0 && open.said == "b'a'\nb''\n")
    }
}
