import Glibc

/// The host's own addresses, and as `--nodeport-addresses` chooses among them.
public enum HostAddresses {
    /// An address stands for itself, a range for the host's addresses in it, and `0.0.0.0/0` for every one, those to come included.
    /// - Throws: ``NetworkError`` for what is neither, and for a range that the host has no address in.
    static func chosen(by wanted: [String], among present: [IPv4Address] = HostAddresses.present) throws(NetworkError) -> [IPv4Address] {
        var result: [IPv4Address] = []
        for text in wanted {
            if let address = IPv4Address(text) {
                result.append(address)
            } else if text == "0.0.0.0/0" {
                return [IPv4Address(bits: 0)]
            } else if let range = IPv4Network(text) {
                let found = present.filter { range.contains($0) }
                if found.isEmpty { throw NetworkError("\(text): this host has no address in that range") }
                result += found
            } else {
                throw NetworkError("\(text): not an IPv4 address or range")
            }
        }
        // All of them holds each of them.
        return result.contains { $0.bits == 0 } ? [IPv4Address(bits: 0)] : result
    }

    public static var present: [IPv4Address] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        return sequence(first: first) { $0?.pointee.ifa_next }.compactMap { entry in
            guard let place = entry?.pointee.ifa_addr, place.pointee.sa_family == sa_family_t(AF_INET) else { return nil }
            return place.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                IPv4Address(bits: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        }
    }
}
