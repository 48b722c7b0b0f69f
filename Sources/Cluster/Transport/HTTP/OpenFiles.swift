import Glibc

/// How many files and sockets this process may have open.
enum OpenFiles {
    private static let wanted: rlim_t = 65536

    /// Raises the soft limit, where the system's is lower, as far as the hard one allows: each watch is a connection, and 1024 are soon taken.
    static func allowMany() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
