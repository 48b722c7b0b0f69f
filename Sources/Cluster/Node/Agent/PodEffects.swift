import ClusterAPI
import ClusterClient
import ClusterObjects
import Glibc
import Synchronization

/// Does what a pod needs, each as a piece of work that tells its outcome to the pod's worker.
final class PodEffects: Sendable {
    typealias Work = @Sendable () async -> Void

    private let context: PodContext
    private let mailbox: AsyncStream<PodMessage>.Continuation
    /// The attempt of a container whose probes are to go on; another's end by themselves.
    private let probed = Mutex<[String: Int]>([:])
    /// Set once a container's startup probe has succeeded: its other probes begin then.
    private let started = Mutex<[String: Int]>([:])

    init(context: PodContext, mailbox: AsyncStream<PodMessage>.Continuation) {
        self.context = context
        self.mailbox = mailbox
    }

    // MARK: - Sandbox

    func makeSandbox(_ pod: Pod) -> Work {
        { [context, mailbox, self] in
            let directory = context.directory(of: pod)
            var address: String?
            do {
                if pod.spec?["hostNetwork"]?.bool != true {
                    address = context.takeAddress()
                    guard address != nil else { throw ShimError("no address is left in the node's range \(context.network.podCIDR)") }
                }
                try directory.make(for: pod)
                if let address { try directory.set(address: address) }
                let volumes = context.volumes(of: pod)
                let files = try await volumes.prepare(context.fields(of: pod, address: address))
                let names = context.names(of: pod)
                try await PodSandbox(directory: directory, network: context.network).start(
                    .init(
                        hostname: names.hostname, hosts: names.hosts(address: address ?? context.network.gateway),
                        resolver: names.resolver, address: address))
                try await volumes.write(files)
                mailbox.yield(.sandboxReady(address: address))
                await watch(pod)()
            } catch {
                if let shim = directory.shim {
                    shim.kill(SIGKILL)
                    try? await shim.ended()
                }
                if let address {
                    context.giveBack(address)
                    unlink("\(directory.path)/address")
                }
                if !Task.isCancelled { mailbox.yield(.sandboxFailed("\(error)")) }
            }
        }
    }

    /// Follows the shim until it ends.
    func watch(_ pod: Pod) -> Work {
        { [context, mailbox] in
            let directory = context.directory(of: pod)
            let shim = directory.shim
            do {
                for try await event in try directory.client.events() { mailbox.yield(.container(event)) }
            } catch {
                if Task.isCancelled { return }
            }
            guard !Task.isCancelled, (try? await shim?.ended()) != nil else { return }
            mailbox.yield(.sandboxEnded)
        }
    }

    func endSandbox(_ pod: Pod) -> Work {
        { [context] in
            // Its end is told by the one who watches it.
            try? await context.directory(of: pod).client.quit()
        }
    }

    func refreshVolumes(_ pod: Pod, address: String?) -> Work {
        { [context, mailbox] in
            defer { mailbox.yield(.volumesRefreshed) }
            let volumes = context.volumes(of: pod)
            do { try await volumes.write(try await volumes.prepare(context.fields(of: pod, address: address))) } catch {
                if !Task.isCancelled { context.tell(pod, .warning, "FailedMount", "\(error)") }
            }
        }
    }

    // MARK: - Containers

    func start(_ container: Tree, of pod: Pod, attempt: Int, address: String?) -> Work {
        { [context, mailbox] in
            let directory = context.directory(of: pod)
            let name = container.name
            let launch = ContainerLaunch(
                pod: pod, directory: directory, volumes: context.volumes(of: pod), fields: context.fields(of: pod, address: address),
                hostname: context.names(of: pod).hostname)
            let spec: LaunchSpec
            do { spec = try await launch.spec(for: container, attempt: attempt) } catch {
                let reason = error is HostImage.Problem ? "ErrImagePull" : "CreateContainerConfigError"
                if !Task.isCancelled { mailbox.yield(.startRefused(name, reason: reason, message: "\(error)", ran: false)) }
                return
            }
            do {
                directory.prune(name)
                try await directory.client.start(name, attempt: attempt, spec)
                let image = container["image"]?.string ?? ""
                context.tell(pod, .normal, "Pulled", "Container image \"\(image)\" already present on machine", container: name)
                context.tell(pod, .normal, "Created", "Created container: \(name)", container: name)
                context.tell(pod, .normal, "Started", "Started container \(name)", container: name)
            } catch {
                if !Task.isCancelled { mailbox.yield(.startRefused(name, reason: "RunContainerError", message: "\(error)", ran: true)) }
                return
            }
            guard let hook = container["lifecycle"]?["postStart"] else { return }
            let outcome = await context.runner(for: pod, address: address).run(hook, in: container, timeout: 600)
            if case .failure(let why) = outcome, !Task.isCancelled {
                context.tell(pod, .warning, "FailedPostStartHook", "PostStartHook failed: \(why)", container: name)
                try? await directory.client.signal(name, SIGKILL)
            }
        }
    }

    func stop(_ container: Tree, of pod: Pod, address: String?, seconds: Double) -> Work {
        { [context, mailbox] in
            let stopper = ContainerStopper(runner: context.runner(for: pod, address: address))
            let problem = await stopper.stop(container, seconds: seconds)
            mailbox.yield(.signalled(container.name))
            if let problem {
                context.tell(pod, .warning, "FailedPreStopHook", "PreStopHook failed: \(problem)", container: container.name)
            }
        }
    }

    func kill(_ name: String, of pod: Pod) -> Work {
        { [context] in try? await context.directory(of: pod).client.signal(name, SIGKILL) }
    }

    // MARK: - Probes

    func stopProbing(_ name: String) { probed.withLock { $0[name] = nil } }

    /// - Parameter isStarted: the container's startup probe has succeeded already.
    func probes(of container: Tree, in pod: Pod, attempt: Int, address: String?, isStarted: Bool) -> [Work] {
        let name = container.name
        probed.withLock { $0[name] = attempt }
        let hasStartup = container["startupProbe"] != nil && !isStarted
        started.withLock { $0[name] = hasStartup ? nil : attempt }
        var work: [Work] = []
        for kind in ProbeKind.allCases where kind != .startup || hasStartup {
            guard let probe = container["\(kind.rawValue)Probe"] else { continue }
            work.append { [self] in await keepProbing(probe, kind, container, pod, attempt, address) }
        }
        return work
    }

    private func keepProbing(
        _ probe: Tree, _ kind: ProbeKind, _ container: Tree, _ pod: Pod, _ attempt: Int, _ address: String?
    ) async {
        let name = container.name
        let times = ProbeTimes(probe)
        let runner = context.runner(for: pod, address: address)
        var counter = ProbeCounter()
        guard (try? await Task.sleep(for: .seconds(times.initialDelay))) != nil else { return }
        while probed.withLock({ $0[name] == attempt }) {
            if kind == .startup || started.withLock({ $0[name] == attempt }) {
                let outcome = await runner.run(probe, in: container, timeout: times.timeout)
                guard !Task.isCancelled, probed.withLock({ $0[name] == attempt }) else { return }
                if case .failure(let why) = outcome {
                    context.tell(pod, .warning, "Unhealthy", "\(kind.title) probe failed: \(why)", container: name)
                }
                if let verdict = counter.count(outcome == .success, times) {
                    if kind == .startup, verdict { started.withLock { $0[name] = attempt } }
                    mailbox.yield(.probe(name, attempt: attempt, kind, verdict))
                    if kind == .startup { return }
                }
                guard (try? await Task.sleep(for: .seconds(times.period))) != nil else { return }
            } else {
                // Waiting for the startup probe: looked at as often as that one may answer.
                guard (try? await Task.sleep(for: .seconds(min(times.period, 1)))) != nil else { return }
            }
        }
    }

    // MARK: - The API

    /// Tells the worker something later.
    func say(_ message: PodMessage, after seconds: Double) -> Work {
        { [mailbox] in
            if (try? await Task.sleep(for: .seconds(max(0, seconds)))) != nil { mailbox.yield(message) }
        }
    }

    /// Writes until it is written, or the pod is gone.
    func write(_ status: Value, of pod: Pod) -> Work {
        { [context, mailbox, self] in
            var delay = 0.1
            while !Task.isCancelled {
                do throws(APIError) {
                    mailbox.yield(.statusWritten(try await patch(status, of: pod)))
                    return
                } catch {
                    if error.isNotFound || error.isConflict || error.code == 422 {
                        context.logger.log(
                            level: error.code == 422 ? .warning : .debug, "status not written",
                            metadata: ["pod": "\(pod.key)", "error": "\(error)"])
                        mailbox.yield(.statusWritten(nil))
                        return
                    }
                }
                try? await Task.sleep(for: .seconds(delay))
                delay = min(delay * 2, 10)
            }
        }
    }

    private func patch(_ status: Value, of pod: Pod) async throws(APIError) -> APIObject {
        var fields = status
        // What a pod no longer has is taken away by saying so.
        for name in ["reason", "message", "podIP", "podIPs"] where status[name] == nil && pod.status?[name] != nil { fields[name] = .null }
        let conditions = (fields["conditions"]?.array ?? []).map { condition in
            var condition = condition
            for name in ["reason", "message"] where condition[name] == nil { condition[name] = .null }
            return condition
        }
        fields["conditions"] = .array(conditions)
        // These lists are merged by address: without this a new address would join the old one.
        for name in ["podIPs", "hostIPs"] {
            if let list = fields[name]?.array { fields[name] = .array([["$patch": "replace"]] + list) }
        }
        return try await context.client.patch(
            .pods, namespace: pod.namespace, name: pod.name, subresource: "status",
            patch: Patch(.strategic, ["metadata": ["uid": Value(pod.uid)], "status": fields]),
            options: WriteOptions(fieldManager: "kubelet"))
    }

    /// Writes the last status and lets the API forget the pod.
    func forget(_ pod: Pod, status: Value) -> Work {
        { [context, self] in
            var delay = 0.1
            while !Task.isCancelled {
                do throws(APIError) {
                    _ = try await patch(status, of: pod)
                    try await context.client.delete(
                        .pods, namespace: pod.namespace, name: pod.name, options: DeleteOptions(gracePeriodSeconds: 0, uid: pod.uid))
                    return
                } catch {
                    if error.isNotFound || error.isConflict { return }
                    context.logger.debug("pod not deleted", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(delay))
                delay = min(delay * 2, 10)
            }
        }
    }
}
