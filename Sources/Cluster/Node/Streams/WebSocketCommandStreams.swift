import ClusterTransport

/// A command's streams as channels of a WebSocket: 0 in, 1 out, 2 errors, 3 how it ended, 4 the terminal's size.
struct WebSocketCommandStreams: CommandStreams {
    private let socket: WebSocket
    private let channels: ChannelProtocol

    init(_ socket: WebSocket) {
        self.socket = socket
        channels = ChannelProtocol(socket.subprotocol)
    }

    /// An empty message tells the client that the connection stands.
    func greet(_ options: CommandOptions) async throws {
        try await channels.send([], on: options.wantsOutput ? 1 : options.wantsErrors ? 2 : 3, over: socket)
    }

    func receive(_ body: @escaping @Sendable (CommandEvent) async throws -> Void) async throws {
        try await socket.receive { message in
            guard let (channel, bytes) = channels.read(message) else { return }
            switch channel {
            case 0: try await body(.input(bytes))
            case 4: if let size = TerminalSize(json: bytes) { try await body(.resize(size)) }
            case ChannelProtocol.closing where channels.version >= 5: if bytes == [0] { try await body(.inputEnded) }
            default: return
            }
        }
    }

    func write(_ bytes: [UInt8], to output: CommandOutput) async throws {
        try await channels.send(bytes, on: output == .output ? 1 : 2, over: socket)
    }

    func end(_ outcome: CommandOutcome) async throws {
        let bytes = channels.version >= 4 ? outcome.status.json : Array(outcome.text.utf8)
        if !bytes.isEmpty { try await channels.send(bytes, on: 3, over: socket) }
    }
}
