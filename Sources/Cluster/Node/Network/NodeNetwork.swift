import CLinux
import ClusterTransport
import Glibc

/// The network of one node: a namespace with a bridge that its pods hang on, held by a keeper process that outlives skiff.
///
/// Sockets made here are inside that namespace: they see pods and are seen by them. Cluster addresses are local in it, so that
/// the service proxy can listen on any of them.
public final class NodeNetwork: NodeSockets {
    /// The range pods of this node have their addresses from.
    public let podCIDR: String
    /// The node's own address in it: the pods' gateway.
    public let gateway: String
    /// Whether it was there already, kept from an earlier run.
    public let isAdopted: Bool
    /// Whether it is in a user namespace, made without root.
    public let isRootless: Bool
    let range: AddressRange4
    let directory: String

    static let bridge = "skiff0"

    private init(directory: String, range: AddressRange4, isAdopted: Bool, isRootless: Bool) {
        self.directory = directory
        self.range = range
        podCIDR = range.description
        gateway = AddressRange4.text(range.gateway)
        self.isAdopted = isAdopted
        self.isRootless = isRootless
    }

    /// Finds the network of a state directory, or makes it.
    /// - Parameters:
    ///   - directory: the node's part of the state directory.
    ///   - serviceCIDR: the cluster addresses; local in the node's namespace.
    /// - Throws: ``NodeError`` that says what the kernel forbids and how to allow it.
    public static func open(directory: String, podCIDR: String, serviceCIDR: String) async throws(NodeError) -> NodeNetwork {
        guard let range = AddressRange4(podCIDR) else {
            throw NodeError("the pod range \(podCIDR) is not an IPv4 range such as 10.244.0.0/24")
        }
        guard let services = AddressRange4(serviceCIDR) else {
            throw NodeError("the service range \(serviceCIDR) is not an IPv4 range such as 10.96.0.0/16")
        }
        let rootless = !Capabilities.areThoseOfRoot
        let place = "\(directory)/network"
        let wanted = "\(range) \(services)"
        do {
            if ProcessIdentity.running("\(place)/identity") != nil, TextFile.read("\(place)/ranges") == wanted {
                return NodeNetwork(directory: place, range: range, isAdopted: true, isRootless: rootless)
            }
            // Of another range, or its keeper is dead: what is left of it leads nowhere.
            await end(directory: directory)
            try TextFile.makeDirectory(place)
            let number = skiff_listen_at(place, "control")
            guard number >= 0 else { throw SystemError("\(place)/control", code: -number) }
            let commands = """
                link set lo up
                link add \(bridge) type bridge forward_delay 0
                address add \(AddressRange4.text(range.gateway))/\(range.mask) dev \(bridge)
                link set \(bridge) up
                route add local \(services) dev lo

                """
            _ = try await ProgramSpawner.spawn(
                ["skiff", "netns-keeper", place, rootless ? "rootless" : "root", commands], listening: Descriptor(number))
            try TextFile.write(wanted.utf8, to: "\(place)/ranges")
            return NodeNetwork(directory: place, range: range, isAdopted: false, isRootless: rootless)
        } catch {
            throw NodeError("the node's network cannot be made: \(error)")
        }
    }

    /// The network that a state directory has, when its keeper runs.
    static func existing(directory: String) -> NodeNetwork? {
        let place = "\(directory)/network"
        guard ProcessIdentity.running("\(place)/identity") != nil,
            let range = TextFile.read("\(place)/ranges")?.split(separator: " ").first.flatMap({ AddressRange4(String($0)) })
        else { return nil }
        return NodeNetwork(directory: place, range: range, isAdopted: true, isRootless: !Capabilities.areThoseOfRoot)
    }

    /// Ends the keeper of a state directory; with it go the bridge and the pods' ways to each other.
    static func end(directory: String) async {
        for name in ["pasta", "identity"] {
            guard let process = ProcessIdentity.running("\(directory)/network/\(name)") else { continue }
            process.kill(SIGKILL)
            try? await process.ended()
            unlink("\(directory)/network/\(name)")
        }
    }

    // MARK: - Sockets inside

    public func tcp() async throws -> CInt { try take(await socket("t")) }
    public func udp() async throws -> CInt { try take(await socket("u")) }

    /// A connected TCP socket, not blocking. The caller closes it. Cancelling gives up.
    public func connectTCP(address: String, port: Int) async throws(NodeError) -> Int32 {
        let descriptor = try await socket("t")
        try await descriptor.connect(to: address, port: port)
        return try take(descriptor)
    }

    /// Runs lines of `ip` commands inside.
    public func configure(_ commands: String) async throws(NodeError) {
        let answer = try await ask("i" + commands)
        guard answer.text == "ok" else { throw NodeError("ip in the node's network: \(answer.text)") }
    }

    /// What the keeper holds.
    struct Namespaces: Sendable {
        var network: Descriptor
        /// Something is to be read in it once the keeper has found its directory removed.
        var life: Descriptor
        /// Nil where skiff runs as root.
        var user: Descriptor?
    }

    func namespaces() async throws(NodeError) -> Namespaces {
        let given = try await ask("n").descriptors
        guard given.count == (isRootless ? 3 : 2) else { throw NodeError("the node's network does not answer") }
        return Namespaces(network: given[0], life: given[1], user: given.count > 2 ? given[2] : nil)
    }

    func socket(_ kind: String) async throws(NodeError) -> Descriptor {
        let answer = try await ask(kind)
        guard let descriptor = answer.descriptors.first else { throw NodeError("a socket in the node's network: \(answer.text)") }
        return descriptor
    }

    /// One question to the keeper.
    func ask(
        _ message: String, _ descriptors: [Descriptor] = []
    ) async throws(NodeError) -> (text: String, descriptors: [Descriptor]) {
        let number = skiff_connect_at(directory, "control")
        guard number >= 0 else { throw NodeError("the node's network does not answer", -number) }
        let connection = Descriptor(number)
        do {
            try SocketMessages.send(message, descriptors, over: connection)
            if let answer = try await SocketMessages.receive(from: connection) { return answer }
        } catch {
            throw NodeError("the node's network does not answer: \(error)")
        }
        throw NodeError("the node's network does not answer")
    }

    private func take(_ descriptor: Descriptor) throws(NodeError) -> Int32 {
        do { return try descriptor.duplicate() } catch { throw NodeError("\(error)") }
    }
}

/// Why the node cannot do what it must: in words for the person who runs it.
public struct NodeError: Error, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)).lowercased())" }
}

extension sockaddr_in {
    /// Nil for what is no IPv4 address or port.
    init?(_ address: String, _ port: Int) {
        guard let number = AddressRange4.number(address), let port = UInt16(exactly: port) else { return nil }
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = port.bigEndian
        sin_addr = in_addr(s_addr: number.bigEndian)
    }
}
