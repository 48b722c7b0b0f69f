import ClusterTransport

/// Connects clients with ports in a pod. (k8s.io/kubelet, cri/streaming/portforward.)
struct PodPorts: Sendable {
    let uid: String
    let shim: ShimClient

    /// Joins a client with the program that listens on a port, until that closes the connection.
    /// - Returns: what the client is to be told: nil unless there was no connection.
    func join(_ port: UInt16, _ client: any ByteLink) async -> String? {
        let socket: Descriptor
        do {
            socket = try await shim.socket()
            try await socket.connect(to: "127.0.0.1", port: Int(port))
        } catch {
            return "error forwarding port \(port) to pod \(uid), uid : failed to connect to localhost:\(port) inside its network: \(error)"
        }
        // Whichever side breaks: the other sees its end of the connection close.
        try? await socket.join(client)
        return nil
    }

    /// Returns when the pod has ended.
    func untilEnd() async throws { for try await _ in try shim.events() {} }
}
