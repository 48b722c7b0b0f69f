import CLinux
import ClusterObjects
import Glibc

/// Makes the namespaces of a pod: starts its shim and puts it on the node's network.
struct PodSandbox: Sendable {
    let directory: PodDirectory
    let network: NodeNetwork

    /// What the pod's own `/etc` files say.
    struct Settings: Sendable {
        var hostname: String
        var hosts: String
        var resolver: String
        /// Nil for a pod on the node's network.
        var address: String?
    }

    /// - Throws: ``ShimError`` saying which step the kernel refused.
    func start(_ settings: Settings) async throws {
        let path = directory.path
        try TextFile.write(settings.hosts.utf8, to: "\(path)/etc/hosts", mode: 0o644)
        try TextFile.write(settings.resolver.utf8, to: "\(path)/etc/resolv.conf", mode: 0o644)
        try TextFile.write((settings.hostname + "\n").utf8, to: "\(path)/etc/hostname", mode: 0o644)
        let number = skiff_listen_at(path, "control")
        guard number >= 0 else { throw SystemError("\(path)/control", code: -number) }
        let node = try await network.namespaces()
        let flags = (network.isRootless ? "r" : "-") + (settings.address == nil ? "h" : "-")
        _ = try await ProgramSpawner.spawn(
            ["skiff", "shim", path, settings.hostname, outside(settings.address), inside(settings.address), flags],
            listening: Descriptor(number), further: [node.network, node.life] + [node.user].compactMap { $0 })
    }

    /// In the node's namespace: a cable, one end on the bridge, the other in the pod.
    private func outside(_ address: String?) -> String {
        guard let address, let number = AddressRange4.number(address) else { return "" }
        let cable = "veth" + String(number, radix: 16)
        return """
            link add \(cable) type veth peer name eth0 netns #PID
            link set \(cable) master \(NodeNetwork.bridge) up

            """
    }

    private func inside(_ address: String?) -> String {
        guard let address else { return "" }
        return """
            link set lo up
            address add \(address)/\(network.range.mask) dev eth0
            link set eth0 up
            route add default via \(network.gateway)

            """
    }
}
