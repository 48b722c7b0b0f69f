import Glibc

extension Descriptor {
    /// Connects a TCP socket that does not block; returns when it is connected. Cancelling gives up.
    /// - Throws: ``NodeError`` in the words of Go's `net`, which Kubernetes' messages have.
    func connect(to address: String, port: Int) async throws(NodeError) {
        guard var place = sockaddr_in(address, port) else { throw NodeError("\(address):\(port) is not an address and a port") }
        let status = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return }
        guard errno == EINPROGRESS else { throw NodeError("dial tcp \(address):\(port): connect", errno) }
        do { try await Poller.shared.writable(self) } catch {
            throw NodeError("dial tcp \(address):\(port): i/o timeout")
        }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size)
        if code != 0 { throw NodeError("dial tcp \(address):\(port): connect", code) }
    }
}
