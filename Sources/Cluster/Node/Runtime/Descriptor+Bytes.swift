import Glibc

/// Reading and writing of pipes, terminals and sockets that do not block.
extension Descriptor {
    /// What is there, once something is; empty at the end.
    func readSome(limit: Int = 32 << 10) async throws -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                let got = read(number, buffer.baseAddress, limit)
                if got < 0 { failure = errno }
                count = max(got, 0)
            }
            switch failure {
            case 0: return bytes
            case EAGAIN: try await Poller.shared.readable(self)
            case EINTR: continue
            // A terminal that nobody has open any more.
            case EIO: return []
            default: throw SystemError("read", code: failure)
            }
        }
    }

    /// - Throws: ``SystemError``, `EPIPE` when nobody reads any more.
    func writeAll(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let wrote = rest.withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
            if wrote >= 0 {
                rest = rest.dropFirst(wrote)
            } else if errno == EAGAIN {
                try await Poller.shared.writable(self)
            } else if errno != EINTR {
                throw SystemError("write")
            }
        }
    }

    /// Another number for the same thing, which can be waited for on its own.
    func copy() throws(SystemError) -> Descriptor { Descriptor(try duplicate()) }
}
