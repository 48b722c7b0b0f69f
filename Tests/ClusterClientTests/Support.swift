import ClusterClient
import ClusterTransport
import Foundation
import Synchronization

final class TemporaryDirectory: Sendable {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "skiff-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock { value in
            value += 1; return value
        }
    }
}

struct Answers: HTTPResponder {
    let answer: @Sendable (HTTPRequest) -> HTTPResponse
    func respond(to request: HTTPRequest) async -> HTTPResponse { answer(request) }
}

/// Runs a listener over TLS for as long as `run` takes.
func withServer(
    _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse,
    run: @Sendable (_ client: RemoteClient, _ config: Kubeconfig) async throws -> Void
) async throws {
    let directory = try TemporaryDirectory()
    let authority = try ClusterCA(directory: directory.path)
    let tls = try authority.serverContext(authority.serverCredential(names: ["localhost"], addresses: ["127.0.0.1"]))
    let listener = try await HTTPListener.bind(host: "127.0.0.1", port: 0, tls: tls, responder: Answers(answer: answer))
    let config = Kubeconfig(server: "https://127.0.0.1:\(listener.port)", authority: authority.certificatePEM, token: "secret")
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await listener.run() }
        do { try await run(try RemoteClient(config), config) } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
}

extension Array {
    func chunked(_ size: Int) -> [[Element]] { stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) } }
}
