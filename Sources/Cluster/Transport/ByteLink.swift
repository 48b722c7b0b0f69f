/// Bytes in both directions, in order: a connection, or messages that carry one.
public protocol ByteLink: Sendable {
    /// Hands over what comes until the peer is done; takes more only when `body` has returned. Called once.
    func receive(_ body: ([UInt8]) async throws -> Void) async throws
    /// Returns when the peer can take more.
    func send(_ bytes: [UInt8]) async throws
}
