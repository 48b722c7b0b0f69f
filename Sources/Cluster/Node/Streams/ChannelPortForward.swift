import ClusterTransport

/// Port-forwarding of clients without SPDY: one connection to each of the ports that they name, in two channels of a WebSocket, for the
/// bytes and for what goes wrong. (k8s.io/kubelet, cri/streaming/portforward/websocket.go.)
struct ChannelPortForward: Sendable {
    static let protocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"]
    /// Two channels each, and a channel is one byte.
    private static let mostPorts = 64

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// One channel.
    private struct Link: ByteLink {
        let channels: ChannelProtocol
        let channel: UInt8
        let socket: WebSocket
        let inbound: ByteQueue

        func receive(_ body: ([UInt8]) async throws -> Void) async throws { for try await bytes in inbound { try await body(bytes) } }
        func send(_ bytes: [UInt8]) async throws { try await channels.send(bytes, on: channel, over: socket) }
    }

    let ports: PodPorts
    private let wanted: [UInt16]

    /// - Parameter query: `port=80&port=81,82`.
    /// - Throws: ``Problem`` for no port, or what is none.
    init(_ ports: PodPorts, query: String) throws(Problem) {
        self.ports = ports
        var wanted: [UInt16] = []
        for pair in query.split(separator: "&") where pair.hasPrefix("port=") {
            for text in Percent.decode(pair.dropFirst(5)).split(separator: ",") {
                guard let port = UInt16(text), port > 0 else { throw Problem(description: "unable to parse \"\(text)\" as a port") }
                wanted.append(port)
            }
        }
        guard !wanted.isEmpty else { throw Problem(description: "query parameter \"port\" is required") }
        guard wanted.count <= ChannelPortForward.mostPorts else {
            throw Problem(description: "at most \(ChannelPortForward.mostPorts) ports can be forwarded at a time")
        }
        self.wanted = wanted
    }

    /// Forwards until the client, the pod, or all connections end.
    func serve(_ socket: WebSocket) async throws {
        let channels = ChannelProtocol(socket.subprotocol)
        let queues = wanted.map { _ in ByteQueue() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await ports.untilEnd() }
            group.addTask {
                defer { for queue in queues { queue.finish() } }
                try await socket.receive { message in
                    guard let (channel, bytes) = channels.read(message), channel % 2 == 0, channel / 2 < queues.count else { return }
                    await queues[Int(channel / 2)].put(bytes)
                }
            }
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { connections in
                    for (index, port) in wanted.enumerated() {
                        let (data, failure) = (UInt8(index * 2), UInt8(index * 2 + 1))
                        connections.addTask {
                            // Each begins with the port, the lower byte first.
                            let name = [UInt8(port & 255), UInt8(port >> 8)]
                            for channel in [data, failure] { try await channels.send(name, on: channel, over: socket) }
                            let problem = await ports.join(
                                port, Link(channels: channels, channel: data, socket: socket, inbound: queues[index]))
                            if let problem { try await channels.send(Array(problem.utf8), on: failure, over: socket) }
                            queues[index].finish()
                        }
                    }
                    try await connections.waitForAll()
                }
            }
            try await group.next()
        }
    }
}
