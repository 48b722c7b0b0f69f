import ClusterObjects

/// What a container does when it starts and stops.
enum LifecycleRules {
    private static let windowsSignals = ["SIGKILL", "SIGTERM"]
    private static let linuxSignals: [String] = {
        let named = [
            "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR",
            "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH",
            "XCPU", "XFSZ", "RTMIN", "RTMAX",
        ]
        return (named + (1...15).map { "RTMIN+\($0)" } + (1...14).map { "RTMAX-\($0)" }).map { "SIG\($0)" }
    }()

    /// `grace` is the pod's `terminationGracePeriodSeconds`, `system` the name of its operating system; nil where not said.
    static func validate(_ lifecycle: Value, _ path: FieldPath, grace: Int?, system: String?, _ problems: inout [Problem]) {
        for hook in ["postStart", "preStop"] {
            guard let handler = lifecycle.part(hook) else { continue }
            ProbeRules.handler(handler, ["exec", "httpGet", "tcpSocket", "sleep"], path / hook, grace: grace, &problems)
        }
        guard lifecycle.has("stopSignal") else { return }
        switch system {
        case nil:
            problems.append(
                .forbidden(path / "stopSignal", "may not be set for containers with empty `spec.os.name`"))
        case "windows": problems.oneOfIfSet(lifecycle, "stopSignal", windowsSignals, path)
        case "linux": problems.oneOfIfSet(lifecycle, "stopSignal", linuxSignals, path)
        default: break
        }
    }
}
