/// Linux capabilities by the names that pod specs use (capabilities(7)).
struct Capabilities: Sendable, Hashable {
    var bits: UInt64

    /// In the kernel's order: the first is number 0.
    static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ]

    static let all = Capabilities(bits: (1 << UInt64(names.count)) - 1)

    /// What container runtimes give when nothing is said.
    static let standard = Capabilities([
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
        "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    ])

    init(bits: UInt64) { self.bits = bits }

    /// Unknown names are left out; `ALL` is all.
    init(_ names: [String]) {
        bits = 0
        for name in names {
            let plain = name.uppercased()
            if plain == "ALL" { bits = Capabilities.all.bits }
            let short = plain.hasPrefix("CAP_") ? String(plain.dropFirst(4)) : plain
            if let number = Capabilities.names.firstIndex(of: short) { bits |= 1 << UInt64(number) }
        }
    }

    /// Whether this process may make namespaces without a user namespace of its own. Root of a container often may not.
    static var areThoseOfRoot: Bool {
        let status = TextFile.read("/proc/self/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let bits = line.flatMap { UInt64(String($0.dropFirst(7)).trimmed, radix: 16) } ?? 0
        let needed = Capabilities(["SYS_ADMIN", "NET_ADMIN"]).bits
        return bits & needed == needed
    }

    /// These with what a security context adds and drops: drops first, as runtimes apply them, except that a named drop wins over
    /// an added `ALL`.
    func changed(adding added: [String], dropping dropped: [String]) -> Capabilities {
        let dropsAll = dropped.contains { $0.uppercased() == "ALL" }
        var result = dropsAll ? 0 : bits
        result |= Capabilities(added).bits
        if !dropsAll { result &= ~Capabilities(dropped).bits }
        return Capabilities(bits: result)
    }
}
