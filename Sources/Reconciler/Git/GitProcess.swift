import Dispatch
import Glibc
import Synchronization

/// Runs the installed `git`: no prompts, no hooks, a deadline. Its children are ended with it.
struct GitProcess: Sendable {
    struct Output: Sendable {
        var status: Int32
        var stdout: String
        var stderr: String
        var timedOut: Bool

        /// What says most of stderr: why a push was refused and what the remote had to say, git's `fatal:` or `error:`, else the last line.
        var complaint: String {
            // ssh ends its lines as on the wire.
            let lines = stderr.split(whereSeparator: \.isNewline).map { String($0.trimmingSuffix(while: \.isWhitespace)) }
            if let rejected = lines.first(where: { $0.hasPrefix(" ! [") }), let open = rejected.lastIndex(of: "(") {
                let why = rejected[open...].dropFirst().prefix { $0 != ")" }
                let said = lines.filter { $0.hasPrefix("remote: ") }.map { $0.dropFirst(8) }.filter { !$0.isEmpty }
                return Output.short([String(why)] + said.prefix(3).map { String($0) })
            }
            let fatal = lines.firstIndex { $0.hasPrefix("fatal:") }
            // Then it was ssh that knew why, and said so before.
            if let fatal, fatal > 0, lines[fatal].contains("Could not read from remote repository") {
                return Output.short(Array(lines[..<fatal].suffix(2)))
            }
            guard let at = fatal ?? lines.firstIndex(where: { $0.hasPrefix("error:") }) else {
                return Output.short([lines.last ?? "git failed"])
            }
            // "fatal: revert failed": why has been said before.
            let errors = lines[..<(fatal ?? 0)].filter { $0.hasPrefix("error:") }
            if !errors.isEmpty { return Output.short(errors.prefix(2) + [lines[at]]) }
            // Behind a colon stands a list of files, a line each, or the reason.
            guard lines[at].hasSuffix(":") else { return Output.short([lines[at]]) }
            let rest = lines[(at + 1)...]
            let files = rest.prefix { $0.hasPrefix("\t") }.map { String($0.dropFirst()) }
            return Output.short([([lines[at]] + (files.isEmpty ? Array(rest.prefix(1)) : files)).joined(separator: " ")])
        }

        private static func short(_ words: [String]) -> String {
            String(words.joined(separator: "; ").drop { $0 == " " }.prefix(500))
        }
    }

    /// The key that ssh, or what `GIT_SSH_COMMAND` says instead, is given; nil leaves ssh to its own configuration.
    var sshKey: String?
    var deadline: Double = 60

    /// Seconds that git has left when the task that waits for it is cancelled: a push that is nearly through gets through.
    private static let grace = 2.0
    /// POSIX_SPAWN_SETSID of spawn.h, which Swift's Glibc does not export.
    private static let ownSession: Int16 = 0x80

    /// Runs `git ARGUMENTS`. Throws when git cannot be started. Cancelled, it ends git soon, which reads as timed out.
    func run(_ arguments: [String], input: String = "") async throws(GitError) -> Output {
        let cancelled = Cancelled()
        let result: Result<Output, GitError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(returning: runBlocking(arguments, input: input, cancelled))
                }
            }
        } onCancel: {
            cancelled.flag.store(true, ordering: .relaxed)
        }
        return try result.get()
    }

    private final class Cancelled: Sendable {
        let flag = Atomic(false)
    }

    /// A git hook that starts skiff must not point git at the hook's repository (what `git rev-parse --local-env-vars` lists).
    private static let foreign = [
        "GIT_DIR=", "GIT_WORK_TREE=", "GIT_IMPLICIT_WORK_TREE=", "GIT_COMMON_DIR=", "GIT_INDEX_FILE=", "GIT_PREFIX=", "GIT_CONFIG=",
        "GIT_CONFIG_PARAMETERS=", "GIT_OBJECT_DIRECTORY=", "GIT_ALTERNATE_OBJECT_DIRECTORIES=", "GIT_QUARANTINE_PATH=", "GIT_GRAFT_FILE=",
        "GIT_SHALLOW_FILE=", "GIT_NAMESPACE=", "LC_ALL=", "LANGUAGE=",
    ]

    private var environment: [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if !GitProcess.foreign.contains(where: variable.hasPrefix) { variables.append(variable) }
            entry += 1
        }
        variables += ["GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true", "SSH_ASKPASS=true", "LC_ALL=C.UTF-8"]
        if let sshKey {
            let quoted = "'" + sshKey.replacing("'", with: "'\\''") + "'"
            let ssh = getenv("GIT_SSH_COMMAND").map { String(cString: $0) } ?? "ssh"
            variables.removeAll { $0.hasPrefix("GIT_SSH_COMMAND=") }
            variables.append("GIT_SSH_COMMAND=\(ssh) -i \(quoted) -o IdentitiesOnly=yes -o BatchMode=yes")
        }
        return variables
    }

    private func runBlocking(_ arguments: [String], input: String, _ cancelled: Cancelled) -> Result<Output, GitError> {
        var stdout: [Int32] = [0, 0]
        var stderr: [Int32] = [0, 0]
        var stdin: [Int32] = [0, 0]
        guard pipe(&stdout) == 0, pipe(&stderr) == 0, pipe(&stdin) == 0 else {
            return .failure(GitError(.gitMissing, remote: "", detail: String(cString: strerror(errno))))
        }
        for descriptor in stdout + stderr + stdin { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin[0], 0)
        posix_spawn_file_actions_adddup2(&actions, stdout[1], 1)
        posix_spawn_file_actions_adddup2(&actions, stderr[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // In a session of its own: without a terminal, neither git nor the ssh that the user's configuration names can ask anything.
        posix_spawnattr_setflags(&attributes, GitProcess.ownSession | Int16(POSIX_SPAWN_SETSIGMASK))
        let words =
            [
                "git", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "core.fsync=objects,reference", "-c",
                "core.fsyncMethod=batch", "-c", "protocol.ext.allow=never", "-c",
                "advice.detachedHead=false",
            ]
            + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, "git", &actions, &attributes, &argv, &envp)
        close(stdin[0])
        close(stdout[1])
        close(stderr[1])
        defer {
            close(stdout[0])
            close(stderr[0])
        }
        guard code == 0 else {
            close(stdin[1])
            return .failure(GitError(.gitMissing, remote: "", detail: String(cString: strerror(code))))
        }
        // What goes in is a few lines at most: it fits the pipe.
        if !input.isEmpty { _ = input.withCString { write(stdin[1], $0, strlen($0)) } }
        close(stdin[1])
        var texts: [[UInt8]] = [[], []]
        let timedOut = !drain([stdout[0], stderr[0]], into: &texts, cancelled)
        if timedOut { kill(-pid, SIGKILL) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let exit = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return .success(
            Output(
                status: timedOut ? 124 : exit, stdout: String(decoding: texts[0], as: UTF8.self),
                stderr: String(decoding: texts[1], as: UTF8.self), timedOut: timedOut))
    }

    /// Reads both pipes to their end; false when the deadline came first.
    private func drain(_ descriptors: [Int32], into texts: inout [[UInt8]], _ cancelled: Cancelled) -> Bool {
        var deadline = deadline
        var isEnding = false
        var open = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        var start = timespec()
        clock_gettime(CLOCK_MONOTONIC, &start)
        while open.contains(where: { $0.fd >= 0 }) {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let spent = Double(now.tv_sec - start.tv_sec) + Double(now.tv_nsec - start.tv_nsec) / 1e9
            if !isEnding, cancelled.flag.load(ordering: .relaxed) {
                isEnding = true
                deadline = min(deadline, spent + GitProcess.grace)
            }
            guard spent < deadline else { return false }
            let ready = poll(&open, nfds_t(open.count), Int32(min(100, (deadline - spent) * 1000 + 1)))
            guard ready > 0 else { continue }
            for index in open.indices where open[index].fd >= 0 && open[index].revents != 0 {
                let count = read(open[index].fd, &buffer, buffer.count)
                if count > 0, texts[index].count < 64 << 20 { texts[index].append(contentsOf: buffer[..<count]) }
                if count == 0 || count < 0 && errno != EINTR { open[index].fd = -1 }
            }
        }
        return true
    }
}
