import ClusterTransport
import Glibc
import Synchronization

/// Opens the way to a backend: shared by the frontends of TCP and UDP.
struct Dialer: Sendable {
    /// Pods are reached inside the node's network, everything else from outside of it.
    let inside: any NodeSockets
    let outside: any NodeSockets
    let podNetwork: IPv4Network

    /// Waits longer each time, as kube-proxy's user-space mode did.
    private static let patience = [250, 500, 1000, 2000]

    private func sockets(for backend: Backend) -> any NodeSockets { podNetwork.contains(backend.address) ? inside : outside }

    /// A connected stream socket. One backend that cannot be reached is passed over for the next.
    func connect(_ balancer: borrowing Mutex<Balancer>, client: IPv4Address) async throws -> CInt {
        var tried: Set<Backend> = []
        var failure: (any Error)?
        for milliseconds in Dialer.patience {
            let now = Dialer.now
            var next = balancer.withLock { $0.pick(for: client, tried: tried, at: now) }
            if next == nil, (failure as? SocketError)?.code == ETIMEDOUT {
                // All were asked; who did not answer in time may be only slow.
                tried = []
                next = balancer.withLock { $0.pick(for: client, at: now) }
            }
            guard let backend = next else { break }
            tried.insert(backend)
            do {
                let socket = try await sockets(for: backend).tcp()
                try await SocketCalls.connect(socket, backend, within: milliseconds)
                return socket
            } catch { failure = error }
        }
        throw failure ?? SocketError(action: "connect", code: ECONNREFUSED)
    }

    /// A datagram socket that sends to the backend.
    func datagram(to backend: Backend) async throws -> CInt {
        let socket = try await sockets(for: backend).udp()
        try await SocketCalls.connect(socket, backend, within: 0)
        return socket
    }

    /// Seconds since the machine started.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec)
    }
}

/// A frontend that is open.
protocol ProxyFrontend: Sendable {
    func update(_ rule: FrontendRule)
    /// Takes nothing new; connections that are open go on.
    func close() async
}
