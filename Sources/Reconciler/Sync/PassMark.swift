import CLinux
import ClusterObjects
import Glibc

/// Who is applying a commit to a cluster. Others that keep the same Sync wait for the end of it: `skiff reconcile` beside a cluster that
/// follows its source for example.
public struct PassMark: Sendable, Hashable {
    /// Names the process for good: the boot of its machine, its number, and when it began.
    var boot: String
    var pid: Int32
    var startTime: UInt64
    var since: Timestamp

    /// A pass that goes on for longer has most likely been cut off.
    private static let longest = 60.0

    init(boot: String, pid: Int32, startTime: UInt64, since: Timestamp) {
        self.boot = boot
        self.pid = pid
        self.startTime = startTime
        self.since = since
    }

    /// Of this process.
    static func own(since: Timestamp) -> PassMark {
        PassMark(boot: thisBoot, pid: getpid(), startTime: skiff_start_time(getpid()), since: since)
    }

    init?(_ value: Value) {
        guard let boot = value["boot"]?.string, let pid = value["pid"]?.int, let pid = Int32(exactly: pid),
            let start = value["startTime"]?.string.flatMap({ UInt64($0) }), let since = value["since"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(boot: boot, pid: pid, startTime: start, since: since)
    }

    var value: Value {
        [
            "boot": .string(boot), "pid": Value(Int(pid)), "startTime": .string(String(startTime)), "since": .string(since.description),
        ]
    }

    /// Whether nobody needs to wait for it: it is this process's, its process has ended, or it takes too long. A clock that was set back
    /// makes no pass of the future.
    func isOver(at now: Timestamp) -> Bool {
        if abs(now - since) > PassMark.longest { return true }
        guard boot == PassMark.thisBoot else { return false }
        return pid == getpid() || skiff_start_time(pid) != startTime
    }

    private static let thisBoot: String = {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else { return "" }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = fread(&text, 1, text.count, file)
        return String(decoding: text.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
    }()
}
