import CLinux
import Glibc

/// Names a process for good: its number, when it began, and the boot in which it did. Numbers are used again, these are not.
public struct ProcessIdentity: Sendable, Hashable {
    var pid: pid_t
    var startTime: UInt64
    var boot: String

    /// As a shim or keeper wrote it: `pid starttime bootid`.
    init?(_ text: String) {
        let words = text.split { $0 == " " || $0 == "\n" }
        guard words.count == 3, let pid = pid_t(words[0]), pid > 1, let startTime = UInt64(words[1]) else { return nil }
        self.pid = pid
        self.startTime = startTime
        boot = String(words[2])
    }

    /// Of a process that runs now.
    public init(pid: pid_t) {
        self.pid = pid
        startTime = skiff_start_time(pid)
        boot = TextFile.read("/proc/sys/kernel/random/boot_id")?.trimmed ?? ""
    }

    /// As it is kept in a file.
    var text: String { "\(pid) \(startTime) \(boot)\n" }

    /// The process that wrote this file, if it still runs.
    static func running(_ path: String) -> ProcessIdentity? {
        guard let text = TextFile.read(path), let identity = ProcessIdentity(text), identity.isRunning else { return nil }
        return identity
    }

    /// False once it has ended, whoever has its number now.
    public var isRunning: Bool {
        startTime != 0 && skiff_start_time(pid) == startTime && boot == TextFile.read("/proc/sys/kernel/random/boot_id")?.trimmed
    }

    /// Waits for its end, and buries it when it is a child of this process.
    func ended() async throws {
        guard isRunning else { return bury() }
        let number = skiff_pidfd_open(pid)
        guard number >= 0 else { return bury() }
        let descriptor = Descriptor(number)
        if isRunning { try await Poller.shared.readable(descriptor) }
        bury()
    }

    private func bury() {
        var status: Int32 = 0
        _ = waitpid(pid, &status, WNOHANG)
    }

    func kill(_ signal: Int32) { if isRunning { _ = Glibc.kill(pid, signal) } }
}
