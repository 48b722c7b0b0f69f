import ClusterObjects
import Glibc

/// What a node says of its machine.
struct NodeFacts: Sendable {
    let configuration: NodeConfiguration
    let port: Int

    /// Capacity, all of it allocatable: nothing is kept back for the system.
    var resources: [String: Quantity] {
        var size = statvfs()
        let disk = statvfs(configuration.directory, &size) == 0 ? Int(size.f_frsize) * Int(size.f_blocks) : 0
        return [
            "cpu": Quantity(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            "memory": Quantity(memoryKiB * 1024, format: .binarySI),
            "ephemeral-storage": Quantity(disk / 1024 * 1024, format: .binarySI),
            "pods": Quantity(configuration.maxPods),
            "hugepages-1Gi": .zero, "hugepages-2Mi": .zero,
        ]
    }

    private var memoryKiB: Int { NodeFacts.memory("MemTotal") }
    private var availableKiB: Int { NodeFacts.memory("MemAvailable") }

    private static func memory(_ name: String) -> Int {
        for line in (TextFile.read("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix("\(name):") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }

    var labels: [String: String] {
        [
            "kubernetes.io/hostname": configuration.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": architecture,
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": architecture,
        ]
    }

    private var machine: utsname {
        var names = utsname()
        uname(&names)
        return names
    }

    private var architecture: String {
        switch NodeFacts.text(machine.machine) {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        case let other: other
        }
    }

    private static func text<T>(_ field: T) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private func id(_ path: String) -> String { TextFile.read(path)?.trimmed ?? "" }

    /// The whole of a Node's status. Conditions keep their times by `old`.
    func status(_ old: Tree?, at now: Timestamp) -> Value {
        let amounts = Value.object(Fields(resources.map { ($0.key, Value($0.value.description)) }))
        let system = (TextFile.read("/etc/os-release") ?? "").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        var size = statvfs()
        let isDiskFull =
            statvfs(configuration.directory, &size) == 0 && size.f_blocks > 0 && Double(size.f_bavail) / Double(size.f_blocks) < 0.05
        let isMemoryShort = availableKiB < 100 * 1024
        return [
            "addresses": [
                ["type": "InternalIP", "address": Value(configuration.address)],
                ["type": "Hostname", "address": Value(configuration.name)],
            ],
            "capacity": amounts, "allocatable": amounts,
            "conditions": [
                condition(
                    "MemoryPressure", isMemoryShort,
                    isMemoryShort
                        ? ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
                        : ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"), old, now),
                condition(
                    "DiskPressure", isDiskFull,
                    isDiskFull
                        ? ("KubeletHasDiskPressure", "kubelet has disk pressure")
                        : ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"), old, now),
                condition("PIDPressure", false, ("KubeletHasSufficientPID", "kubelet has sufficient PID available"), old, now),
                condition(
                    "ResourceLimitsEnforced", false,
                    ("ProcessRuntime", "programs run as processes of the host: their resource limits are not enforced"), old, now),
                condition("Ready", true, ("KubeletReady", "kubelet is posting ready status"), old, now),
            ],
            "daemonEndpoints": ["kubeletEndpoint": ["Port": Value(port)]],
            "nodeInfo": [
                "machineID": Value(id("/etc/machine-id")), "systemUUID": Value(id("/etc/machine-id")),
                "bootID": Value(id("/proc/sys/kernel/random/boot_id")), "kernelVersion": Value(NodeFacts.text(machine.release)),
                "osImage": Value(String(system?.dropFirst(12).filter { $0 != "\"" } ?? "Linux")),
                "containerRuntimeVersion": "process://0.1.0",
                "kubeletVersion": Value(configuration.kubernetesVersion), "kubeProxyVersion": "",
                "operatingSystem": "linux", "architecture": Value(architecture),
            ],
        ]
    }

    private func condition(_ type: String, _ holds: Bool, _ why: (String, String), _ old: Tree?, _ now: Timestamp) -> Value {
        let status = holds ? "True" : "False"
        let before = Condition.find(type, in: old)
        let since = before?.status == status ? before?.lastTransitionTime : nil
        return [
            "type": Value(type), "status": Value(status), "reason": Value(why.0), "message": Value(why.1),
            "lastHeartbeatTime": Value(now.description), "lastTransitionTime": Value((since ?? now).description),
        ]
    }
}
