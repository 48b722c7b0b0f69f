import ClusterObjects
import Glibc

/// Runs one probe or hook once: a command in the container, an HTTP request, or a TCP connection in the node's network.
struct ProbeRunner: Sendable {
    let client: ShimClient
    let network: NodeNetwork
    /// The pod's address.
    let address: String

    enum Outcome: Sendable, Hashable {
        case success
        /// With kubelet's words for what was seen.
        case failure(String)
    }

    /// - Parameters:
    ///   - action: a probe or a lifecycle handler.
    ///   - container: where a command runs and where named ports are looked up.
    func run(_ action: Tree, in container: Tree, timeout: Double) async -> Outcome {
        if let command = action["exec"]?["command"]?.strings {
            return await execute(command, in: container, timeout: timeout)
        }
        if let request = action["httpGet"] { return await get(request, of: container, timeout: timeout) }
        if let socket = action["tcpSocket"] {
            guard let port = ProbeRunner.port(socket["port"], of: container) else { return .failure("invalid port number") }
            let host = socket["host"]?.string ?? ""
            return await dial(host.isEmpty ? address : host, port, timeout: timeout)
        }
        if let sleep = action["sleep"]?["seconds"]?.int {
            try? await Task.sleep(for: .seconds(sleep))
            return .success
        }
        return .failure("this node has no such kind of probe: \(action.fields.map(\.key).joined(separator: ", "))")
    }

    /// A number, or the name of one of the container's ports.
    static func port(_ value: Tree?, of container: Tree) -> Int? {
        if let number = value?.int { return 1...65535 ~= number ? number : nil }
        guard let name = value?.string else { return nil }
        if let number = Int(name), 1...65535 ~= number { return number }
        return container["ports"]?.elements.first { $0.name == name }?["containerPort"]?.int
    }

    private func execute(_ command: [String], in container: Tree, timeout: Double) async -> Outcome {
        do {
            let result = try await ContainerCommand(client: client).run(command, in: container.name, timeout: timeout)
            guard let result else {
                return .failure("command timed out: \(Value(command).jsonText) timed out after \(ProbeRunner.text(timeout))")
            }
            return result.code == 0 ? .success : .failure(result.output)
        } catch {
            return .failure("\(error)")
        }
    }

    private func dial(_ host: String, _ port: Int, timeout: Double) async -> Outcome {
        do {
            let opened = try await Deadline.run(seconds: timeout) { Descriptor(try await network.connectTCP(address: host, port: port)) }
            return opened == nil ? .failure("dial tcp \(host):\(port): i/o timeout") : .success
        } catch {
            return .failure("\(error)")
        }
    }

    private func get(_ request: Tree, of container: Tree, timeout: Double) async -> Outcome {
        let scheme = (request["scheme"]?.string ?? "HTTP").lowercased()
        guard let port = ProbeRunner.port(request["port"], of: container) else { return .failure("invalid port number") }
        let host = request["host"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? address
        let path = request["path"]?.string ?? "/"
        let url = "\(scheme)://\(host):\(port)\(path.hasPrefix("/") ? path : "/" + path)"
        var headers = request["httpHeaders"]?.elements.map { ($0.name, $0["value"]?.string ?? "") } ?? []
        func add(_ name: String, _ value: String) {
            if !headers.contains(where: { $0.0.lowercased() == name.lowercased() }) { headers.append((name, value)) }
        }
        add("Host", "\(host):\(port)")
        add("User-Agent", "kube-probe/1.36")
        add("Accept", "*/*")
        let text =
            "GET \(path.hasPrefix("/") ? path : "/" + path) HTTP/1.1\r\n" + headers.map { "\($0): \($1)\r\n" }.joined()
            + "Connection: close\r\n\r\n"
        do {
            let answer = try await Deadline.run(seconds: timeout) { try await exchange(text, host, port, secure: scheme == "https") }
            guard let answer else {
                return .failure("Get \"\(url)\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
            }
            guard let code = ProbeRunner.statusCode(answer) else { return .failure("Get \"\(url)\": EOF") }
            return 200..<400 ~= code ? .success : .failure("HTTP probe failed with statuscode: \(code)")
        } catch {
            return .failure("Get \"\(url)\": \(error)")
        }
    }

    private func exchange(_ text: String, _ host: String, _ port: Int, secure: Bool) async throws -> [UInt8] {
        if secure { return try await SecureExchange.run(text, over: try await network.connectTCP(address: host, port: port)) }
        let connection = Descriptor(try await network.connectTCP(address: host, port: port))
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let part = bytes.withUnsafeBytes {
                send(connection.number, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if part > 0 {
                sent += part
            } else if errno == EAGAIN {
                try await Poller.shared.writable(connection)
            } else if errno != EINTR {
                throw SystemError("write tcp")
            }
        }
        return try await connection.readFirstLine()
    }

    static func statusCode(_ answer: [UInt8]) -> Int? {
        let words = String(decoding: answer.prefix(64), as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1].prefix(3))
    }

    private static func text(_ seconds: Double) -> String { seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s" }
}

extension Descriptor {
    /// Up to the first line's end, or what came before the other side closed; at most 4 KiB.
    fileprivate func readFirstLine() async throws -> [UInt8] {
        var result: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1024)
        while result.count < 4096, !result.contains(UInt8(ascii: "\n")) {
            let got = read(number, &part, part.count)
            if got > 0 {
                result.append(contentsOf: part[..<got])
            } else if got == 0 {
                break
            } else if errno == EAGAIN {
                try await Poller.shared.readable(self)
            } else if errno != EINTR {
                throw SystemError("read tcp")
            }
        }
        return result
    }
}

/// Bounds the time that something may take.
enum Deadline {
    /// Nil when the time is over first; what was begun is cancelled then.
    static func run<Result: Sendable>(
        seconds: Double, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
