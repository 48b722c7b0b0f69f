import ClusterTransport
import Dispatch
import Glibc
import Synchronization

/// The system calls on plain sockets that NIO does not make on sockets it has not opened itself.
enum SocketCalls {
    static func address(_ address: IPv4Address, _ port: UInt16) -> sockaddr_in {
        var result = sockaddr_in()
        result.sin_family = sa_family_t(AF_INET)
        result.sin_port = port.bigEndian
        result.sin_addr.s_addr = address.bits.bigEndian
        return result
    }

    /// Binds; closes the socket when that fails.
    static func bind(_ socket: CInt, _ ip: IPv4Address, _ port: UInt16) throws {
        var on: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        var target = address(ip, port)
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result == 0 { return }
        let code = errno
        close(socket)
        throw SocketError(action: "bind \(ip):\(port)", code: code)
    }

    /// Connects, waiting for the answer at most `milliseconds`; closes the socket when that fails.
    static func connect(_ socket: CInt, _ backend: Backend, within milliseconds: Int) async throws {
        var target = address(backend.address, backend.port)
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result == 0 { return }
        var code = errno
        if code == EINPROGRESS {
            // On one machine the answer is there by now, as a rule.
            if !isWritable(socket) { await Writability.wait(socket, milliseconds: milliseconds) }
            code = isWritable(socket) ? pendingError(socket) : ETIMEDOUT
        }
        if code == 0 { return }
        close(socket)
        throw SocketError(action: "connect \(backend)", code: code)
    }

    /// Makes the kernel notice peers that vanished.
    static func keepAlive(_ socket: CInt) {
        var on: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<CInt>.size))
        setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    private static func isWritable(_ socket: CInt) -> Bool {
        var wanted = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return poll(&wanted, 1, 0) == 1
    }

    private static func pendingError(_ socket: CInt) -> CInt {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }
}

/// Waits for a socket to become writable.
private enum Writability {
    static func wait(_ socket: CInt, milliseconds: Int) async {
        let queue = DispatchQueue.global()
        // Dispatch's objects may be used from any thread, which their Swift types do not say.
        nonisolated(unsafe) let source = DispatchSource.makeWriteSource(fileDescriptor: socket, queue: queue)
        let resumed = Mutex<CheckedContinuation<Void, Never>?>(nil)
        @Sendable func finish() { resumed.withLock { $0.take() }?.resume() }
        // The socket may be closed only once its source is cancelled: that is what is waited for.
        await withCheckedContinuation { continuation in
            resumed.withLock { $0 = continuation }
            source.setEventHandler { source.cancel() }
            source.setCancelHandler { finish() }
            source.resume()
            queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { source.cancel() }
        }
    }
}
