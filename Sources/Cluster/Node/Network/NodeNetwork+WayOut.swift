import CLinux
import Glibc

/// The way from the node's network to the host and the world outside: `pasta` (package passt) carries what pods send as this user's
/// own connections, and nothing comes in.
extension NodeNetwork {
    /// The interface that leads out.
    private static let interface = "outside"
    /// Its address is one that hosts do not have (RFC 7335 keeps the range for the like): with the host's own, as pasta would have it,
    /// the host could not be reached.
    private static let addressing = ["--address", "192.0.0.2", "--netmask", "255.255.255.248", "--gateway", "192.0.0.1"]
    /// pasta answers whoever sent last: to it all pods must be one.
    private static let masquerade = """
        add table ip skiff
        delete table ip skiff
        table ip skiff {
            chain out {
                type nat hook postrouting priority srcnat;
                oifname "\(interface)" masquerade
            }
        }

        """

    /// Whether pods reach more than each other and services.
    enum WayOut: Sendable, Equatable {
        case open
        /// This is not installed.
        case missing(String)
    }

    /// Opens it, unless it is open.
    /// - Throws: ``NodeError`` when what is installed does not work.
    func openWayOut() async throws -> WayOut {
        let file = "\(directory)/pasta"
        if ProcessIdentity.running(file) != nil { return .open }
        guard let pasta = NodeNetwork.program("pasta") else { return .missing("pasta (package passt)") }
        guard NodeNetwork.program("nft") != nil else { return .missing("nft (package nftables)") }
        guard access("/dev/net/tun", R_OK | W_OK) == 0 else {
            throw NodeError("pasta needs /dev/net/tun, which this user may not open; `chmod 666 /dev/net/tun` allows it")
        }
        let answer = try await ask("f" + NodeNetwork.masquerade)
        guard answer.text == "ok" else { throw NodeError("nft in the node's network: \(answer.text)") }
        // By descriptor: another process's namespaces may not be opened by their names without privileges over it.
        let namespaces = try await namespaces()
        let user = namespaces.user == nil ? ["--runas", "0"] : ["--userns", "/proc/self/fd/4"]
        let said = "\(directory)/pasta.log"
        let pid = try ProgramSpawner.start(
            program: pasta,
            [
                "--foreground", "--quiet", "--config-net", "--ipv4-only", "--no-map-gw", "--no-netns-quit",
                "--ns-ifname", NodeNetwork.interface, "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none",
            ] + NodeNetwork.addressing + user + ["--netns", "/proc/self/fd/3"], log: try TextFile.create(said),
            descriptors: [namespaces.network] + [namespaces.user].compactMap { $0 })
        let identity = ProcessIdentity(pid: pid)
        do {
            try TextFile.write(identity.text.utf8, to: file)
            let process = skiff_pidfd_open(pid)
            // It may have ended already.
            if process >= 0 { _ = try await ask("p", [Descriptor(process)]) }
            try await leadsOut(identity)
        } catch {
            identity.kill(SIGKILL)
            try? await identity.ended()
            unlink(file)
            guard let line = TextFile.read(said)?.split(separator: "\n").last else { throw error }
            throw NodeError("\(error): \(line)")
        }
        return .open
    }

    /// Returns once there is a route.
    /// - Throws: ``NodeError`` when pasta has ended instead, or makes none.
    private func leadsOut(_ pasta: ProcessIdentity) async throws {
        for _ in 0..<1000 {
            // An address for documentation (RFC 5737): nobody has it.
            if try await ask("iroute get 203.0.113.1\n").text == "ok" { return }
            guard pasta.isRunning else { throw NodeError("pasta has ended") }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NodeError("pasta makes no route")
    }

    /// Where a program of the host is.
    private static func program(_ name: String) -> String? {
        ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin"].map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}
