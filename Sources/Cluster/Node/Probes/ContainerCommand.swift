import Glibc

/// Runs a command in a container and reads what it says.
struct ContainerCommand: Sendable {
    let client: ShimClient

    struct Result: Sendable, Hashable {
        var code: Int
        /// Standard output and error as they came, the first 10 KiB.
        var output: String
    }

    /// Nil when it took longer than `timeout` seconds; it is killed then.
    /// - Throws: ``ShimError`` when the command cannot be started.
    func run(_ command: [String], in container: String, timeout: Double) async throws -> Result? {
        let (spec, input) = (LaunchSpec(arguments: command, environment: [("PATH", HostImage.path)]), try Descriptor.null())
        let client = client
        return try await Deadline.run(seconds: timeout) {
            async let told = ContainerCommand.execute(client, container, spec, input)
            return try await told
        }
    }

    private static func execute(
        _ client: ShimClient, _ container: String, _ spec: LaunchSpec, _ input: Descriptor
    ) async throws -> Result {
        let (read, write) = try Descriptor.pipe()
        read.makeNonBlocking()
        let code = try await client.execute(container, spec, input: input, output: write, error: write)
        // Its children may hold the pipe open: what is there now is what it said.
        var bytes = [UInt8](repeating: 0, count: 10240)
        let got = Glibc.read(read.number, &bytes, bytes.count)
        return Result(code: code, output: String(decoding: bytes.prefix(max(0, got)), as: UTF8.self))
    }
}

extension Descriptor {
    static func null() throws(SystemError) -> Descriptor {
        let number = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("/dev/null") }
        return Descriptor(number)
    }
}
