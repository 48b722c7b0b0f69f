import ClusterTransport
import Foundation
import Glibc
import NIOSSL
import Synchronization

final class TemporaryDirectory: Sendable {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "skiff-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct Answers: HTTPResponder {
    var now: @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil }
    var first: @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil }
    var later: @Sendable (HTTPRequest) async -> HTTPResponse = Answers.echo
    var streams: @Sendable (HTTPRequest) -> Bool = { _ in false }

    func respond(to request: HTTPRequest) async -> HTTPResponse { await later(request) }
    func respondNow(to request: HTTPRequest) -> HTTPResponse? { now(request) }
    func refusal(of request: HTTPRequest) -> HTTPResponse? { first(request) }
    func takesStream(of request: HTTPRequest) -> Bool { streams(request) }

    /// Takes the bodies of requests for `/stream` as they come, and counts them.
    static let counting = Answers(
        later: { request in
            var count = 0
            if let stream = request.stream { do { for try await bytes in stream { count += bytes.count } } catch { count = -1 } }
            return HTTPResponse(status: 200, body: .bytes(Array("\(request.path) \(count)".utf8)))
        }, streams: { $0.path == "/stream" })

    /// Method, path, query and length of the body.
    static let echo: @Sendable (HTTPRequest) async -> HTTPResponse = {
        HTTPResponse(status: 200, body: .bytes(Array("\($0.method) \($0.path) \($0.query) \($0.body.count)".utf8)))
    }
}

/// Runs a listener for as long as `run` takes.
func withListener(
    _ answers: Answers = Answers(), limits: HTTPLimits = HTTPLimits(), tls: NIOSSLContext? = nil,
    run: @Sendable (_ listener: HTTPListener) async throws -> Void
) async throws {
    let listener = try await HTTPListener.bind(host: "127.0.0.1", port: 0, tls: tls, responder: answers, limits: limits)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await listener.run() }
        do { try await run(listener) } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
}

/// A peer that sends exactly the bytes it is told to, from a thread of its own.
final class Peer: Sendable {
    private let socket: CInt

    init(_ port: Int) throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(socket) }

    /// False when the server has closed.
    @discardableResult
    func send(_ text: String) async -> Bool {
        await blocking { [socket] in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
                if count <= 0 { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// What comes until it ends with `end`, or until the server closes.
    func receive(until end: String? = nil) async -> String {
        await blocking { [socket] in
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(socket, &buffer, buffer.count, 0)
                if count <= 0 { break }
                all.append(contentsOf: buffer[..<count])
                if let end, String(decoding: all.suffix(end.utf8.count), as: UTF8.self) == end { break }
            }
            return String(decoding: all, as: UTF8.self)
        }
    }

    /// What comes until these bytes are among it, or until the server closes.
    func received(with part: [UInt8]) async -> [UInt8] {
        await blocking { [socket] in
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while all.firstRange(of: part) == nil, case let count = recv(socket, &buffer, buffer.count, 0), count > 0 {
                all += buffer[..<count]
            }
            return all
        }
    }

    /// Sends bytes and takes as many as are asked for.
    func ask(bytes: [UInt8], count: Int) async -> [UInt8] {
        await blocking { [socket] in
            _ = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            var buffer = [UInt8](repeating: 0, count: count)
            let got = recv(socket, &buffer, count, CInt(MSG_WAITALL))
            return Array(buffer[..<max(got, 0)])
        }
    }

    func ask(_ text: String, until end: String? = nil) async -> String {
        await send(text)
        return await receive(until: end)
    }
}

/// A server that answers one request with bytes that it is told, and closes at once.
final class AnswerAndClose: Sendable {
    let port: Int
    private let socket: CInt

    init() throws {
        let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        self.socket = socket
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(socket, $0, length) | listen(socket, 1) | getsockname(socket, $0, &length)
            }
        }
        if result != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(socket) }

    /// Returns when it has closed.
    func serve(_ text: String) async {
        await blocking { [socket] in
            let peer = accept(socket, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = recv(peer, &buffer, buffer.count, 0)
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty, case let count = rest.withUnsafeBytes({ send(peer, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }),
                count > 0
            {
                rest = rest.dropFirst(count)
            }
            close(peer)
        }
    }
}

func blocking<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in Thread.detachNewThread { continuation.resume(returning: work()) } }
}

/// The same numbers each time: splitmix64.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
