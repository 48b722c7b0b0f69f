import ClusterNetwork
import Foundation

/// Where the API answers: an IPv4 address of this machine, or `0.0.0.0` for all of them, and a port.
public struct ListenAddress: Sendable, Hashable {
    public var host: String
    /// 0 takes a free one.
    public var port: Int

    public static let standard = ListenAddress(host: "127.0.0.1", port: 6443)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `address:port`; no address, and `localhost`, are 127.0.0.1. Nil for what is neither.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), 0...65535 ~= port else { return nil }
        let host = String(text[..<colon])
        let isLocal = host.isEmpty || host == "localhost"
        guard isLocal || IPv4Address(host) != nil else { return nil }
        self.init(host: isLocal ? "127.0.0.1" : host, port: port)
    }

    private var isEverywhere: Bool { host == "0.0.0.0" }

    /// The address that clients on this machine use.
    var local: String { isEverywhere ? "127.0.0.1" : host }

    /// The address that the cluster itself is told: one by which others may come, too, where there is one.
    var advertised: String {
        guard isEverywhere else { return host }
        return HostAddresses.present.map(\.description).first { !$0.hasPrefix("127.") && !$0.hasPrefix("169.254.") } ?? local
    }

    /// What the server's certificate is for besides `localhost`.
    var certified: (names: [String], addresses: [String]) {
        isEverywhere ? ([ProcessInfo.processInfo.hostName], HostAddresses.present.map(\.description)) : ([], [host])
    }
}
