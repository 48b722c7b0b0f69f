import CLinux
import Glibc

/// Messages with descriptors over the sockets of shims and the network's keeper.
enum SocketMessages {
    /// - Throws: ``SystemError``.
    static func send(_ message: String, _ descriptors: [Descriptor] = [], over connection: Descriptor) throws {
        let bytes = Array(message.utf8)
        let sent = skiff_send(connection.number, bytes, bytes.count, descriptors.map(\.number), Int32(descriptors.count))
        withExtendedLifetime(descriptors) {}
        if sent < 0 { throw SystemError("send", code: Int32(-sent)) }
    }

    /// Nil when the other end is gone.
    static func receive(from connection: Descriptor) async throws -> (text: String, descriptors: [Descriptor])? {
        var bytes = [UInt8](repeating: 0, count: 2048)
        while true {
            var numbers = [Int32](repeating: -1, count: 4)
            var count = Int32(numbers.count)
            let got = skiff_receive(connection.number, &bytes, bytes.count, &numbers, &count)
            if got == -Int(EAGAIN) {
                try await Poller.shared.readable(connection)
                continue
            }
            let descriptors = numbers.prefix(Int(count)).map(Descriptor.init)
            if got == 0 || got == -Int(ECONNRESET) { return nil }
            if got < 0 { throw SystemError("receive", code: Int32(-got)) }
            return (String(decoding: bytes.prefix(got), as: UTF8.self), descriptors)
        }
    }
}
