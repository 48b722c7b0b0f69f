import ClusterNode
import ClusterStore
import Foundation

extension Engine {
    /// Stops all pods of a state directory whose engine does not run, each within its grace period.
    /// - Parameter grace: seconds instead of the pods' own; 0 kills at once.
    public static func stopPods(of state: StateDirectory, grace: Int? = nil) async {
        await NodeAgent.stopPods(directory: state.node, grace: grace)
    }

    /// How many pods of a state directory run.
    public static func runningPods(of state: StateDirectory) -> Int { NodeAgent.runningPods(directory: state.node) }

    /// Stops the engine of a state directory and its pods in order, or, when there is no engine, what it left running.
    /// - Returns: what was done, in a sentence.
    /// - Throws: ``EngineError`` when the engine cannot be told to stop, or has not within `seconds`.
    public static func down(_ state: StateDirectory, seconds: Int) async throws(EngineError) -> String {
        guard FileManager.default.fileExists(atPath: state.store) else { return "no cluster in \(state.path)" }
        if let pid = try owner(of: state) {
            guard kill(pid, SIGINT) == 0 else {
                throw EngineError("the engine, process \(pid), cannot be told to stop: \(String(cString: strerror(errno)))")
            }
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(seconds)
            // Until the process itself is gone: it lets go of the store before it stops its pods.
            let engine = ProcessIdentity(pid: pid)
            while engine.isRunning {
                guard clock.now < deadline else {
                    throw EngineError(
                        "the engine, process \(pid), is still stopping after \(seconds) s; try again, or end it with kill -9 \(pid)")
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        let left = runningPods(of: state)
        await stopPods(of: state)
        return left == 0 ? "stopped" : "stopped \(left) pod\(left == 1 ? "" : "s") that no engine looked after"
    }

    /// Whether an engine has the state directory.
    public static func isRunning(on state: StateDirectory) -> Bool {
        FileManager.default.fileExists(atPath: state.store) && ((try? owner(of: state)) ?? nil) != nil
    }

    /// The process that has the state directory.
    private static func owner(of state: StateDirectory) throws(EngineError) -> Int32? {
        do throws(StoreError) {
            try DirectoryLock(directory: state.store).release()
            return nil
        } catch {
            if case .locked(_, let pid) = error {
                guard let pid else { throw EngineError("\(state.path) is in use by a process that did not say which") }
                return pid
            }
            throw EngineError(error.description)
        }
    }
}
