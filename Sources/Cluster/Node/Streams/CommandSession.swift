import Glibc

/// Joins a client with a command that is run for it in a container, or with a container itself.
struct CommandSession: Sendable {
    let client: ShimClient
    let container: String
    let options: CommandOptions
    let streams: any CommandStreams

    /// Runs the command until it ends, or the client does; that kills it.
    func execute() async throws {
        var spec = LaunchSpec(arguments: options.command, environment: [("PATH", HostImage.path)])
        if options.isTerminal { spec.environment.append(("TERM", "xterm")) }
        let begun: (ShimClient.Session, Side)
        do { begun = options.isTerminal ? try await onTerminal(spec) : try onPipes(spec) } catch {
            return try await streams.end(.failure("error executing command in container: \(error)"))
        }
        let (session, side) = begun
        try await join(side) {
            do { return .init(code: try await session.exitCode()) } catch let error as ShimError {
                return .failure("error executing command in container: \(error)")
            }
        }
    }

    /// Shows what the container writes, and writes to it, until either ends.
    func attach() async throws {
        let attached: (ShimClient.Session, Side)
        do { attached = try await attachment() } catch {
            return try await streams.end(.failure("error attaching to container: \(error)"))
        }
        // It lasts as long as the session is held.
        let (session, side) = attached
        let (client, container, takesInput) = (client, container, options.takesInput)
        let shut: @Sendable () async -> Void = { if takesInput { try? await client.shut(container) } }
        do { try await join(side, inputEnded: shut) { withExtendedLifetime(session) { .success } } } catch {
            await shut()
            throw error
        }
        await shut()
    }

    // MARK: - The container's side

    /// This end of the streams. Blocks nowhere.
    private struct Side: Sendable {
        var input: InputEnd?
        /// With what each is for the client; what it does not want is read all the same.
        var outputs: [(Descriptor, CommandOutput?)] = []
        var terminal: Descriptor?

        init() {}

        init(terminal: Descriptor, _ options: CommandOptions) throws {
            terminal.makeNonBlocking()
            self.terminal = terminal
            // Reading and writing are waited for apart.
            if options.takesInput { input = InputEnd(try terminal.copy()) }
            outputs = [(terminal, .output)]
        }
    }

    private func onTerminal(_ spec: LaunchSpec) async throws -> (ShimClient.Session, Side) {
        let session = try await client.beginOnTerminal(container, spec)
        guard let terminal = session.stream else { throw ShimError("the pod's shim gave no terminal") }
        return (session, try Side(terminal: terminal, options))
    }

    private func onPipes(_ spec: LaunchSpec) throws -> (ShimClient.Session, Side) {
        var side = Side()
        let theirs = try Descriptor.null()
        var (input, output, errors) = (theirs, theirs, theirs)
        if options.takesInput {
            let (read, write) = try Descriptor.pipe()
            write.makeNonBlocking()
            (input, side.input) = (read, InputEnd(write))
        }
        if options.wantsOutput { output = try outlet(.output, of: &side) }
        if options.wantsErrors { errors = try outlet(.errors, of: &side) }
        return (try client.begin(container, spec, input: input, output: output, error: errors), side)
    }

    private func attachment() async throws -> (ShimClient.Session, Side) {
        var side = Side()
        let output = try outlet(options.wantsOutput ? .output : nil, of: &side)
        let errors = try outlet(options.wantsErrors ? .errors : nil, of: &side)
        var session = try await client.attach(container, output: output, error: errors)
        if let stream = session.stream {
            // Whoever held it beside the input's end would keep the program from seeing the end of its input.
            session.stream = nil
            stream.makeNonBlocking()
            if options.takesInput { side.input = InputEnd(stream) }
            if options.isTerminal { side.terminal = stream }
        }
        return (session, side)
    }

    /// The container's end of a pipe whose other end is read here.
    private func outlet(_ output: CommandOutput?, of side: inout Side) throws -> Descriptor {
        let (read, write) = try Descriptor.pipe()
        read.makeNonBlocking()
        side.outputs.append((read, output))
        return write
    }

    // MARK: - Both

    /// - Parameter inputEnded: called when the client has said all that it had to.
    private func join(
        _ side: Side, inputEnded: @escaping @Sendable () async -> Void = {}, outcome: @escaping @Sendable () async throws -> CommandOutcome
    ) async throws {
        let streams = streams
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await CommandSession.listen(streams, input: side.input, terminal: side.terminal, inputEnded: inputEnded)
            }
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { pumps in
                    for (descriptor, output) in side.outputs {
                        pumps.addTask {
                            while case let bytes = try await descriptor.readSome(), !bytes.isEmpty {
                                if let output { try await streams.write(bytes, to: output) }
                            }
                        }
                    }
                    try await pumps.waitForAll()
                }
                try await streams.end(try await outcome())
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func listen(
        _ streams: any CommandStreams, input: InputEnd?, terminal: Descriptor?, inputEnded: @escaping @Sendable () async -> Void
    ) async throws {
        try await streams.receive { event in
            switch event {
            case .input(let bytes): await input?.write(bytes)
            case .inputEnded:
                if terminal == nil { input?.close() }
                await inputEnded()
            case .resize(let size):
                guard let terminal else { return }
                var place = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
                _ = ioctl(terminal.number, UInt(TIOCSWINSZ), &place)
            }
        }
    }
}
