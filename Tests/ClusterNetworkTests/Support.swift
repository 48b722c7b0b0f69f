import ClusterClient
import ClusterObjects
import ClusterTransport
import Foundation
import Glibc
import Logging
import NIOPosix
import Testing

@testable import ClusterNetwork

/// Builders of the objects that the tests speak of.
func service(_ spec: Value, name: String = "web", status: Value = [:]) -> APIObject {
    APIObject(["metadata": ["name": .string(name), "namespace": "shop"], "spec": spec, "status": status])
}

struct End {
    var address: String
    var ready = true
    var terminating = false
    var node = "n1"
    var hostname = ""
}

func slice(_ ends: [End], of service: String = "web", port: Int, proto: String = "TCP", name: String = "") -> APIObject {
    APIObject([
        "metadata": ["name": .string("\(service)-x"), "namespace": "shop", "labels": ["kubernetes.io/service-name": .string(service)]],
        "addressType": "IPv4", "ports": [["name": .string(name), "port": Value(port), "protocol": .string(proto)]],
        "endpoints": .array(
            ends.map {
                var end: Value = [
                    "addresses": [.string($0.address)], "nodeName": .string($0.node),
                    "conditions": [
                        "ready": .bool($0.ready), "serving": .bool($0.ready || $0.terminating), "terminating": .bool($0.terminating),
                    ],
                ]
                if !$0.hostname.isEmpty { end["hostname"] = .string($0.hostname) }
                return end
            }),
    ])
}

func table(_ services: [APIObject], _ slices: [APIObject]) -> ServiceTable {
    var table = ServiceTable()
    _ = table.applyServices(.listed(services, resourceVersion: "1"))
    _ = table.applySlices(.listed(slices, resourceVersion: "1"))
    return table
}

let web = ObjectKey(namespace: "shop", name: "web")

/// A program behind a service: says its name to who connects, or answers each datagram with it. Listens until the tests end.
final class Program: Sendable {
    let name: String
    let port: Int
    private let socket: CInt

    init(_ name: String, on address: String = "127.0.0.1", udp: Bool = false) throws {
        self.name = name
        socket = try udp ? HostSockets().udp() : HostSockets().tcp()
        try SocketCalls.bind(socket, IPv4Address(address) ?? IPv4Address(bits: 0x7F00_0001), 0)
        if !udp { listen(socket, 16) }
        let flags = fcntl(socket, F_GETFL)
        _ = fcntl(socket, F_SETFL, flags & ~CInt(SOCK_NONBLOCK.rawValue))
        port = Sockets.port(socket)
        let (socket, name) = (socket, name)
        Thread.detachNewThread {
            while true {
                if udp {
                    var from = sockaddr_in()
                    guard Sockets.receive(socket, from: &from) != nil else { return }
                    Sockets.send(socket, name, to: from)
                } else {
                    let client = accept(socket, nil, nil)
                    if client < 0 { return }
                    // Echoes what it is sent until the client is done, then says its name and closes.
                    Thread.detachNewThread {
                        let sent = Sockets.readAll(client)
                        Sockets.writeAll(client, Array(name.utf8) + sent)
                        close(client)
                    }
                }
            }
        }
    }
}

/// Blocking socket calls for the tests' own side.
enum Sockets {
    static func port(_ socket: CInt) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// A port that nobody has at the moment.
    static func freePort(udp: Bool = false) throws -> Int {
        let socket = try udp ? HostSockets().udp() : HostSockets().tcp()
        try SocketCalls.bind(socket, IPv4Address(bits: 0x7F00_0001), 0)
        defer { close(socket) }
        return port(socket)
    }

    static func readAll(_ socket: CInt) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(socket, &buffer, buffer.count)
            if count <= 0 { return all }
            all.append(contentsOf: buffer[..<count])
        }
    }

    static func writeAll(_ socket: CInt, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    static func receive(_ socket: CInt, from: inout sockaddr_in) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &from) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(socket, &buffer, buffer.count, 0, $0, &size) }
        }
        return count < 0 ? nil : Array(buffer[..<count])
    }

    static func send(_ socket: CInt, _ text: String, to: sockaddr_in) {
        var to = to
        let bytes = Array(text.utf8)
        withUnsafePointer(to: &to) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Connects, blocking; nil when refused.
    static func open(_ address: String, _ port: Int, udp: Bool = false, seconds: Int = 20, receiveBuffer: CInt? = nil) -> CInt? {
        let made = socket(AF_INET, CInt((udp ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer { setsockopt(made, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size)) }
        guard let ip = IPv4Address(address), let number = UInt16(exactly: port) else { return nil }
        var target = SocketCalls.address(ip, number)
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result == 0 { return made }
        close(made)
        return nil
    }

    /// What a program answers to this.
    static func ask(_ address: String, _ port: Int, _ text: String = "", receiveBuffer: CInt? = nil) -> String? {
        guard let socket = open(address, port, receiveBuffer: receiveBuffer) else { return nil }
        defer { close(socket) }
        writeAll(socket, Array(text.utf8))
        shutdown(socket, CInt(SHUT_WR))
        return String(decoding: readAll(socket), as: UTF8.self)
    }

    static func askUDP(_ address: String, _ port: Int) -> String? {
        guard let socket = open(address, port, udp: true) else { return nil }
        defer { close(socket) }
        writeAll(socket, Array("?".utf8))
        var from = sockaddr_in()
        return receive(socket, from: &from).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Runs a blocking call outside of the threads that the proxy works on.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in Thread.detachNewThread { continuation.resume(returning: work()) } }
}

func withProxy(_ run: (ServiceProxy) async throws -> Void) async throws {
    let scope = ProxyScope(nodeName: "n1", nodePortAddresses: [IPv4Address(bits: 0x7F00_0001)], reserved: [])
    let proxy = ServiceProxy(
        scope: scope, inside: HostSockets(), outside: HostSockets(), podNetwork: try #require(IPv4Network("127.0.0.0/8")),
        group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do { try await run(proxy) } catch {
        await proxy.closeAll()
        throw error
    }
    await proxy.closeAll()
}
