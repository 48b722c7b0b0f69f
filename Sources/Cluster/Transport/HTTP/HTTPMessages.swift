import NIOHTTP1

/// Who the client's certificate says it is.
public struct PeerIdentity: Sendable, Hashable {
    /// The subject's common name: the user.
    public var commonName: String
    /// The subject's organizations: the user's groups.
    public var organizations: [String]
    /// Which certificate it is, `X509SHA256=` and its SHA-256 in hexadecimal; empty when that is not known.
    public var credential: [String] = []

    public init(commonName: String, organizations: [String]) {
        self.commonName = commonName
        self.organizations = organizations
    }
}

/// A request, its body read whole unless ``HTTPResponder/takesStream(of:)`` wants it as it comes.
public struct HTTPRequest: Sendable {
    public var method: String
    /// As sent: percent-encoded, without the query.
    public var path: String
    /// As sent, without the question mark; empty for none.
    public var query: String
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// What comes of a body that is not read before; nil otherwise.
    public var stream: ByteQueue?
    /// From a client certificate that the cluster's CA signed.
    public var peer: PeerIdentity?
    /// The address that it comes from; empty where there is none.
    public var remote: String

    public init(
        method: String, path: String, query: String = "", headers: HTTPHeaders = [:], body: [UInt8] = [], peer: PeerIdentity? = nil,
        remote: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.remote = remote
    }
}

/// Sends a body piece by piece.
public protocol BodyWriter: Sendable {
    /// Returns when the peer can take more; throws when it is gone.
    func write(_ bytes: [UInt8]) async throws
}

public enum HTTPBody: Sendable {
    case bytes([UInt8])
    /// The task that runs this is cancelled when the connection closes.
    case stream(@Sendable (any BodyWriter) async throws -> Void)
}

public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: [(String, String)]
    public var body: HTTPBody
    /// With status 101: what handles the connection from then on, as another protocol. It is closed when this returns.
    public var upgrade: (@Sendable (UpgradedStream) async throws -> Void)?

    public init(status: Int, headers: [(String, String)] = [], body: HTTPBody = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Answers requests. Errors are answers too: this does not throw.
public protocol HTTPResponder: Sendable {
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// The answer when it is at hand without waiting for anything; nil to be asked by ``respond(to:)``.
    /// Called on the connection's event loop: it must take microseconds.
    func respondNow(to request: HTTPRequest) -> HTTPResponse?

    /// The answer to a request whose body is large, before that is read; nil to read it. Called on the connection's event loop.
    /// - Parameter request: without its body.
    func refusal(of request: HTTPRequest) -> HTTPResponse?

    /// Whether the request's body is to be handed on as it comes, however long it is. Called on the connection's event loop.
    /// - Parameter request: without its body.
    func takesStream(of request: HTTPRequest) -> Bool
}

extension HTTPResponder {
    public func respondNow(to request: HTTPRequest) -> HTTPResponse? { nil }
    public func refusal(of request: HTTPRequest) -> HTTPResponse? { nil }
    public func takesStream(of request: HTTPRequest) -> Bool { false }
}

/// What a listener takes from a client it does not know.
public struct HTTPLimits: Sendable {
    /// Bytes of a request's body; more is answered with 413.
    public var body = 3 << 20
    /// Bytes of a body from which on it is asked whether to read it.
    public var largeBody = 64 << 10
    /// Bytes of all bodies that are held at a time, on all connections; beyond, requests are answered with 429.
    public var allBodies = 192 << 20
    /// Bytes a second that a peer must take of what it is sent, over any `requestSeconds`.
    public var slowestReader = 1024
    /// Bytes of a request's target, path and query; more is answered with 414.
    public var target = 64 << 10
    /// Bytes of all headers of a request; more is answered with 431.
    public var headers = 256 << 10
    /// Connections at a time; more are closed at once.
    public var connections = 16384
    /// Requests at a time on one connection of HTTP/2.
    public var streams = 250
    /// Requests of one such connection that may be taken back in half a minute; beyond, it is closed. (CVE-2023-44487.)
    public var resets = 1000
    /// Seconds in which a started request must have arrived whole, and a peer must take what it is sent.
    public var requestSeconds: Int64 = 60
    /// Seconds a connection may be idle between requests.
    public var idleSeconds: Int64 = 180

    public init() {}
}
