import ClusterTransport

/// A command's streams as streams of a SPDY session, which the client opens: how it ended, and those that it wants.
/// (k8s.io/kubelet, remotecommand/httpstream.go.)
struct SPDYCommandStreams: CommandStreams {
    /// Best first. Since v3 a terminal's size is told, since v4 the end is a Status.
    static let protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"]
    /// How long a client may take to open them all.
    private static let patience = Duration.seconds(30)
    private static let longestSize = 256

    private enum Kind: String {
        case outcome = "error"
        case input = "stdin"
        case output = "stdout"
        case errors = "stderr"
        case resize
    }

    struct Missing: Error {}

    private let session: SPDYSession
    private let version: Int
    private let streams: [Kind: SPDYStream]

    /// Waits until the client has opened its streams.
    /// - Throws: ``Missing`` when it does not.
    init(_ session: SPDYSession, protocol name: String, _ options: CommandOptions) async throws {
        let version = name.hasPrefix("v") ? name.dropFirst().first?.wholeNumberValue ?? 1 : 1
        var wanted: Set<Kind> = [.outcome]
        if options.takesInput { wanted.insert(.input) }
        if options.wantsOutput { wanted.insert(.output) }
        if options.wantsErrors { wanted.insert(.errors) }
        if options.isTerminal, version >= 3 { wanted.insert(.resize) }
        self.session = session
        self.version = version
        streams = try await SPDYCommandStreams.collect(wanted, from: session)
    }

    private static func collect(_ wanted: Set<Kind>, from session: SPDYSession) async throws -> [Kind: SPDYStream] {
        try await withThrowingTaskGroup(of: [Kind: SPDYStream].self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await Task.sleep(for: patience)
                throw Missing()
            }
            group.addTask {
                var streams: [Kind: SPDYStream] = [:]
                for await stream in session.streams {
                    guard let kind = stream.headers["streamtype"].flatMap({ Kind(rawValue: $0) }), wanted.contains(kind),
                        streams[kind] == nil
                    else {
                        try await stream.reset()
                        continue
                    }
                    if kind != .input, kind != .resize { stream.inbound.finish() }
                    streams[kind] = stream
                    if streams.count == wanted.count { return streams }
                }
                throw Missing()
            }
            return try await group.next() ?? [:]
        }
    }

    func receive(_ body: @escaping @Sendable (CommandEvent) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let input = streams[.input] {
                group.addTask {
                    do { for try await bytes in input.inbound { try await body(.input(bytes)) } } catch is SPDYStream.Closed {}
                    try await body(.inputEnded)
                }
            }
            if let resize = streams[.resize] { group.addTask { try await SPDYCommandStreams.sizes(resize, body) } }
            // Until the client goes.
            group.addTask { for await surplus in session.streams { try await surplus.reset() } }
            try await group.waitForAll()
        }
    }

    /// Objects, each with a line's end behind it.
    private static func sizes(_ stream: SPDYStream, _ body: (CommandEvent) async throws -> Void) async throws {
        var line: [UInt8] = []
        do {
            for try await bytes in stream.inbound {
                for byte in bytes {
                    if line.count < longestSize { line.append(byte) }
                    guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "}") else { continue }
                    if let size = TerminalSize(json: line) { try await body(.resize(size)) }
                    line = []
                }
            }
        } catch is SPDYStream.Closed {}
    }

    func write(_ bytes: [UInt8], to output: CommandOutput) async throws {
        try await streams[output == .output ? .output : .errors]?.send(bytes)
    }

    func end(_ outcome: CommandOutcome) async throws {
        for kind in [Kind.output, .errors] { try await streams[kind]?.finish() }
        try await streams[.outcome]?.send(version >= 4 ? outcome.status.json : Array(outcome.text.utf8))
        try await streams[.outcome]?.finish()
    }
}
