import CLinux
import Foundation
import Synchronization

/// A program that was started, in a process group of its own; ended when let go of, and what it started with it.
///
/// By posix_spawn and a descriptor of the process: what Foundation's `Process` waits for is a descriptor that the program inherits, which a
/// program that another thread starts at the same moment can inherit too and keep for as long as it runs. It also takes a program that closes
/// what it inherits for ended, and starts it with signals blocked, so that it hears no SIGTERM.
public final class Child: Sendable {
    public let pid: pid_t
    /// The program's path, and its arguments.
    public let line: [String]
    /// The signal that ends it; one that takes no notice is killed.
    private let ending: Int32
    private let ended = Mutex<Int32?>(nil)

    /// Starts a program.
    /// - Parameters:
    ///   - line: its path, and its arguments.
    ///   - environment: added to this process's.
    ///   - input: the file that it reads; output, errors: files that it writes to at their end.
    public init(
        _ line: [String], environment: [String: String] = [:], input: String = "/dev/null", output: String = "/dev/null",
        errors: String? = nil, ending: Int32 = SIGKILL
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let appending = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, appending, 0o644)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, appending, 0o644)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        _ = skiff_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var argv: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, line[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw NotStarted(program: line[0], reason: String(cString: strerror(code))) }
        (pid, self.line, self.ending) = (started, line, ending)
    }

    public struct NotStarted: Error {
        public var program: String
        public var reason: String
    }

    /// Its exit code, or the number of the signal that it died of; nil while it runs.
    public var status: Int32? {
        ended.withLock { known in
            if known != nil { return known }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            known = status & 0x7F == 0 ? (status >> 8) & 0xFF : status & 0x7F
            return known
        }
    }

    public var isRunning: Bool { status == nil }

    /// Waits for its end, on this thread; nil when it still runs then.
    public func wait(seconds: Int32) -> Int32? {
        if let status { return status }
        let process = skiff_pidfd_open(pid)
        guard process >= 0 else { return status }
        defer { close(process) }
        var watched = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
        while poll(&watched, 1, seconds * 1000) < 0, errno == EINTR {}
        return status
    }

    /// Ends it, and the programs that it has started in its group.
    public func end() {
        guard isRunning else { return }
        kill(-pid, ending)
        if wait(seconds: 10) == nil {
            kill(-pid, SIGKILL)
            _ = wait(seconds: 10)
        }
    }

    deinit { end() }
}
