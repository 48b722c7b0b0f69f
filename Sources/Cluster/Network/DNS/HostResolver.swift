import Foundation
import Synchronization

/// The name servers that the host itself asks: those of its resolv.conf, read again when it changes.
final class HostResolver: Sendable {
    private struct Known {
        var modified: timespec
        var servers: [IPv4Address]
    }

    private static let largestFile = 64 << 10

    private let path: String
    private let known = Mutex<Known?>(nil)

    init(path: String) { self.path = path }

    /// At most three, as the C library has it; those reached by IPv6 are left out.
    var servers: [IPv4Address] {
        var info = stat()
        guard stat(path, &info) == 0 else { return [] }
        return known.withLock { known in
            if let known, known.modified.tv_sec == info.st_mtim.tv_sec, known.modified.tv_nsec == info.st_mtim.tv_nsec {
                return known.servers
            }
            let text = info.st_size <= HostResolver.largestFile ? (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" : ""
            let servers = HostResolver.servers(in: text)
            known = Known(modified: info.st_mtim, servers: servers)
            return servers
        }
    }

    static func servers(in text: String) -> [IPv4Address] {
        let found = text.split(whereSeparator: \.isNewline).compactMap { line -> IPv4Address? in
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count > 1 && words[0] == "nameserver" ? IPv4Address(String(words[1])) : nil
        }
        return Array(found.prefix(3))
    }
}
