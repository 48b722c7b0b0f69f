import Foundation
import Testing

/// A server that a test runs, ended when let go of.
///
/// By posix_spawn: Foundation's `Process` takes one that closes what it inherits for ended, and starts it with signals blocked, so that it
/// hears no SIGTERM.
final class Daemon: Sendable {
    private let pid: pid_t

    /// - Parameter line: the program's path, and its arguments.
    init(_ line: [String], environment: [String: String] = [:]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for file in Int32(0)...2 { posix_spawn_file_actions_addopen(&actions, file, "/dev/null", O_RDWR, 0) }
        // What other tests start at the same moment has descriptors that it would keep open for them.
        for file in Int32(3)..<512 { posix_spawn_file_actions_addclose(&actions, file) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var started: pid_t = 0
        try #require(posix_spawn(&started, line[0], &actions, &attributes, &argv, &envp) == 0, "\(line[0]) does not start")
        pid = started
    }

    deinit {
        kill(pid, SIGTERM)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
}
