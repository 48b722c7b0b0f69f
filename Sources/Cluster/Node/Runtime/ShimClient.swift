import CLinux
import ClusterObjects
import Glibc

/// What a container of a pod does, as its shim tells.
enum ContainerEvent: Sendable, Hashable {
    case running(name: String, attempt: Int, startedAt: Timestamp)
    case exited(name: String, attempt: Int, code: Int, startedAt: Timestamp, finishedAt: Timestamp)
    /// Everything that was so when the watch began has been told.
    case synced
}

/// A shim, or the way to it, that does not do what it was asked.
struct ShimError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Talks to the shim of one pod over its control socket (the messages are in CLinux's shim.c).
struct ShimClient: Sendable {
    /// The pod's directory.
    let directory: String

    /// Starts a container.
    /// - Throws: ``ShimError`` in the words of the shim, e.g. that the program is not there.
    func start(_ name: String, attempt: Int, _ spec: LaunchSpec) async throws {
        _ = try await request("start \(name) \(attempt)", [try spec.memoryFile()])
    }

    func signal(_ name: String, _ number: Int32) async throws { _ = try await request("signal \(name) \(number)") }

    /// Writes the files of a volume that is kept in the shim's memory. `volume` is a plain name.
    func write(volume: String, _ files: VolumeFiles) async throws {
        _ = try await request("volume \(volume)", [try Descriptor.memory(files.archive)])
    }

    func makeFolder(_ volume: String) async throws { _ = try await request("folder \(volume)") }

    /// Kills what runs and ends the shim.
    func quit() async throws { _ = try await request("quit") }

    /// Runs a command in a container and waits for its end; cancelling kills it.
    /// - Returns: its exit code.
    func execute(
        _ name: String, _ spec: LaunchSpec, input: Descriptor, output: Descriptor, error: Descriptor
    ) async throws -> Int {
        let answer = try await request("exec \(name)", [try spec.memoryFile(), input, output, error])
        guard answer.hasPrefix("exit "), let code = Int(answer.dropFirst(5)) else { throw ShimError(answer) }
        return code
    }

    // MARK: - Streams

    /// A command in a container, or an attachment to one: it lasts as long as someone holds it.
    struct Session: Sendable {
        fileprivate let connection: Descriptor
        /// A terminal's other end, or where standard input is written to.
        var stream: Descriptor?

        /// Waits for the command's end.
        /// - Throws: ``ShimError`` in the words of the shim, e.g. that the program is not there.
        func exitCode() async throws -> Int {
            guard let answer = try await SocketMessages.receive(from: connection)?.text else { throw ShimError("the pod's shim has ended") }
            if answer.hasPrefix("error ") { throw ShimError(String(answer.dropFirst(6))) }
            guard answer.hasPrefix("exit "), let code = Int(answer.dropFirst(5)) else { throw ShimError(answer) }
            return code
        }
    }

    /// Begins a command on these streams.
    func begin(_ name: String, _ spec: LaunchSpec, input: Descriptor, output: Descriptor, error: Descriptor) throws -> Session {
        let connection = try connect()
        try send("exec \(name)", [try spec.memoryFile(), input, output, error], over: connection)
        return Session(connection: connection)
    }

    /// Begins a command on a terminal of its own.
    func beginOnTerminal(_ name: String, _ spec: LaunchSpec) async throws -> Session {
        try await session("terminal \(name)", [try spec.memoryFile()])
    }

    /// Copies what a container writes from now on, until it ends or the session is let go of.
    /// - Returns: with `stream` when the container has a terminal or an open standard input.
    func attach(_ name: String, output: Descriptor, error: Descriptor) async throws -> Session {
        try await session("attach \(name)", [output, error])
    }

    /// Ends a container's standard input if it is for one attachment alone, and no terminal.
    func shut(_ name: String) async throws { _ = try await request("shut \(name)") }

    /// A TCP socket in the pod's network, not blocking.
    func socket() async throws -> Descriptor {
        guard let made = try await session("socket", []).stream else { throw ShimError("the pod's shim gave no socket") }
        return made
    }

    private func session(_ message: String, _ descriptors: [Descriptor]) async throws -> Session {
        let connection = try connect()
        try send(message, descriptors, over: connection)
        guard let answer = try await SocketMessages.receive(from: connection) else { throw ShimError("the pod's shim has ended") }
        if answer.text.hasPrefix("error ") { throw ShimError(String(answer.text.dropFirst(6))) }
        return Session(connection: connection, stream: answer.descriptors.first)
    }

    /// What the containers do, from now on and first as it is. The stream ends when the shim does.
    func events() throws -> AsyncThrowingStream<ContainerEvent, any Error> {
        let connection = try connect()
        try send("watch", [], over: connection)
        return AsyncThrowingStream {
            while let message = try await receive(from: connection) {
                if let event = ShimClient.event(message) { return event }
            }
            return nil
        }
    }

    static func event(_ message: String) -> ContainerEvent? {
        let words = message.split(separator: " ").map(String.init)
        switch words.first {
        case "synced": return .synced
        case "running":
            guard words.count == 5, let attempt = Int(words[2]), let started = Timestamp(words[4]) else { return nil }
            return .running(name: words[1], attempt: attempt, startedAt: started)
        case "exited":
            guard words.count == 6, let attempt = Int(words[2]), let code = Int(words[3]), let started = Timestamp(words[4]),
                let finished = Timestamp(words[5])
            else { return nil }
            return .exited(name: words[1], attempt: attempt, code: code, startedAt: started, finishedAt: finished)
        default: return nil
        }
    }

    // MARK: - Messages

    private func request(_ message: String, _ descriptors: [Descriptor] = []) async throws -> String {
        let connection = try connect()
        try send(message, descriptors, over: connection)
        guard let answer = try await receive(from: connection) else { throw ShimError("the pod's shim has ended") }
        if answer.hasPrefix("error ") { throw ShimError(String(answer.dropFirst(6))) }
        return answer
    }

    private func connect() throws -> Descriptor {
        let number = skiff_connect_at(directory, "control")
        guard number >= 0 else { throw ShimError("the pod's shim does not answer: \(String(cString: strerror(-number)))") }
        return Descriptor(number)
    }

    private func send(_ message: String, _ descriptors: [Descriptor], over connection: Descriptor) throws {
        try SocketMessages.send(message, descriptors, over: connection)
    }

    private func receive(from connection: Descriptor) async throws -> String? {
        try await SocketMessages.receive(from: connection)?.text
    }
}
