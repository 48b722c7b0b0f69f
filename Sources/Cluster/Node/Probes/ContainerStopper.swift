import ClusterObjects
import Glibc

/// Asks a container to end: its preStop hook, then its stop signal. Killing it when its time is over is decided elsewhere.
struct ContainerStopper: Sendable {
    let runner: ProbeRunner

    /// - Parameter seconds: what is left of the grace period; the hook may take all of it.
    /// - Returns: what the hook said when it failed.
    func stop(_ container: Tree, seconds: Double) async -> String? {
        var problem: String?
        if let hook = container["lifecycle"]?["preStop"], seconds > 0 {
            let outcome = try? await Deadline.run(seconds: seconds) { await runner.run(hook, in: container, timeout: seconds) }
            switch outcome {
            case .success?: break
            case .failure(let why)?: problem = why
            case nil: problem = "it took longer than the grace period"
            }
        }
        try? await runner.client.signal(container.name, ContainerStopper.signal(container["lifecycle"]?["stopSignal"]?.string))
        return problem
    }

    private static func signal(_ name: String?) -> Int32 {
        switch name {
        case "SIGINT": SIGINT
        case "SIGQUIT": SIGQUIT
        case "SIGHUP": SIGHUP
        case "SIGUSR1": SIGUSR1
        case "SIGUSR2": SIGUSR2
        case "SIGWINCH": SIGWINCH
        case "SIGKILL": SIGKILL
        default: SIGTERM
        }
    }
}
