import ClusterTransport

/// `kubectl port-forward`: for each connection that it has accepted the client opens two streams of one session, for the bytes and for
/// what goes wrong. (k8s.io/kubelet, cri/streaming/portforward/httpstream.go.)
struct SPDYPortForward: Sendable {
    static let protocols = ["portforward.k8s.io"]
    /// The WebSocket protocol whose messages carry such a session. (Kubernetes' KEP-4006.)
    static let tunnel = "SPDY/3.1+portforward.k8s.io"

    private enum Kind: String {
        case data
        case failure = "error"
    }

    private static let mostHalves = 256

    private struct PodEnded: Error {}

    let ports: PodPorts

    /// Forwards until the session ends.
    /// - Throws: when the pod ends first.
    func serve(_ session: SPDYSession) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await ports.untilEnd()
                throw PodEnded()
            }
            group.addTask { try await accept(session) }
            try await group.next()
        }
    }

    private func accept(_ session: SPDYSession) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            // Whose other one has yet to come.
            var halves: [String: [Kind: SPDYStream]] = [:]
            for await stream in session.streams {
                guard let kind = stream.headers["streamtype"].flatMap({ Kind(rawValue: $0) }), SPDYPortForward.port(of: stream) != nil,
                    case let id = SPDYPortForward.request(of: stream, kind), halves[id]?[kind] == nil,
                    halves.count < SPDYPortForward.mostHalves
                else {
                    try await stream.reset()
                    continue
                }
                halves[id, default: [:]][kind] = stream
                guard let data = halves[id]?[.data], let failure = halves[id]?[.failure] else { continue }
                halves[id] = nil
                group.addTask { await forward(data, failure) }
            }
        }
    }

    /// Which of a client's connections a stream is for. Clients of before Kubernetes 1.1 do not say; they open the stream for failures first.
    private static func request(of stream: SPDYStream, _ kind: Kind) -> String {
        stream.headers["requestid"] ?? String(kind == .data ? Int(stream.id) - 2 : Int(stream.id))
    }

    private static func port(of stream: SPDYStream) -> UInt16? {
        stream.headers["port"].flatMap { UInt16($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    private func forward(_ data: SPDYStream, _ failure: SPDYStream) async {
        guard let port = SPDYPortForward.port(of: data) else { return }
        failure.inbound.finish()
        let problem = await ports.join(port, data)
        // Whoever is gone needs not be told.
        if let problem { try? await failure.send(Array(problem.utf8)) }
        try? await data.finish()
        try? await failure.finish()
        data.inbound.finish()
    }
}
