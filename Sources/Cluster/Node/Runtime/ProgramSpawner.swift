import CLinux
import Glibc

/// Starts the small programs that live in this same binary, and waits until they say that they are ready.
enum ProgramSpawner {
    /// - Parameters:
    ///   - arguments: the first is the name that `ps` shows, the second names the program.
    ///   - listening: the socket it serves, its descriptor 4.
    ///   - further: descriptors 5, 6, …
    /// - Throws: ``ShimError`` in the words of the program that could not begin.
    static func spawn(_ arguments: [String], listening: Descriptor, further: [Descriptor] = []) async throws -> pid_t {
        let (pid, answer) = try begin(arguments, listening: listening, further: further)
        let report = String(decoding: try await answer.readToEnd(limit: 4096), as: UTF8.self)
        guard report == "ok" else {
            var ended: Int32 = 0
            kill(pid, SIGKILL)
            waitpid(pid, &ended, 0)
            throw ShimError(report.isEmpty ? "\(arguments[1]) ended before it began" : report)
        }
        return pid
    }

    /// On return only the program holds the other end of the pipe that it reports to.
    private static func begin(
        _ arguments: [String], listening: Descriptor, further: [Descriptor]
    ) throws -> (pid: pid_t, answer: Descriptor) {
        let (read, write) = try Descriptor.pipe()
        read.makeNonBlocking()
        var pid = pid_t()
        let status = withCStrings(arguments) { pointers in
            let numbers = [write.number, listening.number] + further.map(\.number)
            return skiff_spawn(nil, pointers, -1, numbers, Int32(numbers.count), &pid)
        }
        withExtendedLifetime((write, listening, further)) {}
        guard status == 0 else { throw ShimError("start \(arguments.joined(separator: " ")): \(String(cString: strerror(status)))") }
        return (pid, read)
    }

    /// Starts a program of the host in a session of its own, with `descriptors` as its 3, 4, ….
    /// - Parameter log: takes what it says.
    static func start(program: String, _ arguments: [String], log: Descriptor, descriptors: [Descriptor]) throws -> pid_t {
        var pid = pid_t()
        let status = withCStrings([program] + arguments) { pointers in
            skiff_spawn(program, pointers, log.number, descriptors.map(\.number), Int32(descriptors.count), &pid)
        }
        withExtendedLifetime((log, descriptors)) {}
        guard status == 0 else { throw ShimError("start \(program): \(String(cString: strerror(status)))") }
        return pid
    }

    private static func withCStrings<Result>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { UnsafePointer($0) } + [nil])
    }
}

extension Descriptor {
    /// Everything until the end, of which the first `limit` bytes are kept. The descriptor must not block.
    func readToEnd(limit: Int) async throws -> [UInt8] {
        var result: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let got = read(number, &part, part.count)
            if got > 0 {
                result.append(contentsOf: part[..<min(got, max(0, limit - result.count))])
            } else if got < 0, errno == EAGAIN {
                try await Poller.shared.readable(self)
            } else if got < 0, errno == EINTR {
                continue
            } else {
                return result
            }
        }
    }
}
