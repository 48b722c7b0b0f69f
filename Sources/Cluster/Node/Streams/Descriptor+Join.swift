import ClusterTransport
import Glibc

extension Descriptor {
    /// Carries bytes between a connected socket that does not block and a client, until the socket's peer has said everything. A client
    /// that is done may still listen.
    /// - Throws: when either breaks.
    func join(_ client: any ByteLink) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            defer { group.cancelAll() }
            // Reading and writing are waited for apart.
            let writing = try copy()
            group.addTask {
                while case let bytes = try await self.readSome(), !bytes.isEmpty { try await client.send(bytes) }
                return true
            }
            group.addTask {
                try await client.receive { try await writing.writeAll($0) }
                shutdown(writing.number, Int32(SHUT_WR))
                return false
            }
            while let isOver = try await group.next(), !isOver {}
        }
    }
}
