import Glibc

/// Makes the sockets of a node's network: the service proxy and DNS bind and connect them.
///
/// A socket belongs to the network namespace that it was made in, whoever uses it later; so whoever holds the node's namespace only has to
/// hand out plain sockets. IPv4, non-blocking, close-on-exec, neither bound nor connected; the caller closes them.
public protocol NodeSockets: Sendable {
    /// A stream socket.
    func tcp() async throws -> CInt
    /// A datagram socket.
    func udp() async throws -> CInt
}

/// The sockets of the network that this process itself is in.
public struct HostSockets: NodeSockets {
    public init() {}

    public func tcp() throws -> CInt { try make(SOCK_STREAM) }
    public func udp() throws -> CInt { try make(SOCK_DGRAM) }

    private func make(_ type: __socket_type) throws -> CInt {
        let made = socket(AF_INET, CInt(type.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        if made < 0 { throw SocketError(action: "socket", code: errno) }
        return made
    }
}

/// A system call on a socket that failed.
public struct SocketError: Error, CustomStringConvertible {
    /// What was tried, with the address: `bind 10.96.0.10:53`.
    public var action: String
    /// The `errno`.
    public var code: CInt

    public init(action: String, code: CInt) {
        self.action = action
        self.code = code
    }

    public var description: String { "\(action): \(String(cString: strerror(code)))" }
}
