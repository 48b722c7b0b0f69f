import ClusterAPI
import ClusterClient
import ClusterObjects
import Glibc

/// Keeps one pod as it should be: hears what happens, asks ``PodDecision`` what to do, has ``PodEffects`` do it, and writes the status.
actor PodWorker {
    private let context: PodContext
    private let effects: PodEffects
    private let messages: AsyncStream<PodMessage>
    private let mailbox: AsyncStream<PodMessage>.Continuation
    private var situation: PodSituation
    private var isForgotten = false
    private var isForgetting = false
    private var isWriting = false
    private var isEnding = false
    private var written: Value?
    private var wakeAt: Timestamp?
    /// When this acted last.
    private var last = Moment()
    /// A clock that is set by less is one that is put right little by little.
    private static let leastJump = 1.0

    init(_ pod: Pod, context: PodContext) {
        self.context = context
        (messages, mailbox) = AsyncStream.makeStream()
        effects = PodEffects(context: context, mailbox: mailbox)
        situation = PodSituation(
            pod: pod, startTime: pod.startTime ?? Timestamp.system().wholeSeconds, lastStatus: pod.status?.value ?? .emptyObject)
        situation.nodeAddress = context.configuration.address
        situation.nodeGateway = context.network.gateway
    }

    nonisolated func post(_ message: PodMessage) { mailbox.yield(message) }

    /// Works until the API has forgotten the pod and nothing of it runs; or until cancelled, which leaves the pod running.
    func run() async {
        await withDiscardingTaskGroup { group in
            adopt { work in group.addTask(operation: work) }
            step { work in group.addTask(operation: work) }
            for await message in messages {
                hear(message)
                step { work in group.addTask(operation: work) }
                if isForgotten, isAtRest { break }
            }
            group.cancelAll()
        }
        if isForgotten, isAtRest { context.directory(of: situation.pod).remove() }
    }

    private typealias Spawn = (@escaping @Sendable () async -> Void) -> Void

    private var isAtRest: Bool {
        switch situation.sandbox {
        case .absent, .failed: true
        case .starting, .ready: false
        }
    }

    // MARK: - Adoption

    /// Takes up what an earlier run of skiff left: a shim that still runs is the pod's, one that does not leaves its records.
    private func adopt(_ spawn: Spawn) {
        let pod = situation.pod
        let directory = context.directory(of: pod)
        let shim = directory.shim
        for container in pod.allContainers {
            let attempts = directory.attempts(container.name)
            guard let newest = attempts.last, var run = directory.record(container.name, attempt: newest) else { continue }
            var state = ContainerSituation()
            if shim == nil {
                state.isStale = true
                if run.exit == nil {
                    run.exit = .init(
                        code: 137, finishedAt: Timestamp.system().wholeSeconds, reason: "ContainerStatusUnknown",
                        message: "The container could not be located when the pod was terminated")
                }
            }
            if shim != nil, run.exit == nil { state.probes = lastVerdicts(of: container.name, attempt: newest) }
            state.current = run
            state.previous = attempts.dropLast().last.flatMap { directory.record(container.name, attempt: $0) }
            situation.containers[container.name] = state
        }
        if shim != nil {
            situation.sandbox = .ready(address: directory.address)
            spawn(effects.watch(pod))
            for container in pod.allContainers where situation[container.name].isRunning {
                watchOver(container, spawn)
            }
        }
    }

    /// What probes had said when the status was written last: a pod that was ready stays so while skiff is away.
    private func lastVerdicts(of name: String, attempt: Int) -> ProbeVerdicts {
        let statuses = ["containerStatuses", "initContainerStatuses"].flatMap { situation.lastStatus[$0]?.array ?? [] }
        guard let status = statuses.first(where: { $0["name"]?.string == name }), status["restartCount"]?.int == attempt else {
            return ProbeVerdicts()
        }
        return ProbeVerdicts(
            startup: status["started"]?.bool == true ? true : nil, readiness: status["ready"]?.bool == true ? true : nil)
    }

    // MARK: - Hearing

    private func hear(_ message: PodMessage) {
        followClock()
        switch message {
        case .updated(let pod):
            let before = situation.pod
            situation.pod = pod
            if before.labels != pod.labels || before.annotations != pod.annotations, PodVolumes.tellsMetadata(pod) { pendingRefresh = true }
        case .gone: isForgotten = true
        case .sourceChanged:
            for name in situation.containers.keys where situation[name].refusal?.reason == "CreateContainerConfigError" {
                situation.containers[name]?.refusal?.retryAt = Timestamp(microseconds: 0)
            }
            if case .failed = situation.sandbox { situation.sandbox = .absent }
            pendingRefresh = true
        case .tokensAge:
            pendingRefresh = true
            tokensAreFresh = false
        case .sandboxReady(let address):
            situation.sandbox = .ready(address: address)
            sandboxDelay = 1
        case .sandboxFailed(let why):
            context.tell(situation.pod, .warning, why.hasPrefix("MountVolume") ? "FailedMount" : "FailedCreatePodSandBox", why)
            situation.sandbox = .failed(retryAt: Timestamp.system() + sandboxDelay)
            sandboxDelay = min(sandboxDelay * 2, 30)
        case .sandboxEnded: sandboxEnded()
        case .volumesRefreshed: isRefreshing = false
        case .container(let event): hear(event)
        case .startRefused(let name, let reason, let message, let ran): refused(name, reason, message, ran: ran)
        case .probe(let name, let attempt, let kind, let verdict):
            guard situation[name].current?.attempt == attempt, situation[name].isRunning else { return }
            switch kind {
            case .startup: situation.containers[name]?.probes.startup = verdict
            case .liveness: situation.containers[name]?.probes.liveness = verdict
            case .readiness: situation.containers[name]?.probes.readiness = verdict
            }
        case .signalled(let name): situation.containers[name]?.stop?.signalledAt = Timestamp.system()
        case .statusWritten(let object):
            isWriting = false
            if let object { situation.pod = Pod(object) }
        case .wake: wakeAt = nil
        }
    }

    private var sandboxDelay = 1.0
    /// Attempts whose back-off an event has told of.
    private var backOffsTold: [String: Int] = [:]
    private var pendingRefresh = false
    /// One at a time, so that the newest is what stays.
    private var isRefreshing = false
    /// Whether someone watches over the age of the pod's tokens.
    private var tokensAreFresh = false
    /// Containers whose probes and hooks are to be looked after.
    private var begun: [(name: String, attempt: Int)] = []

    private func hear(_ event: ContainerEvent) {
        switch event {
        case .synced: break
        case .running(let name, let attempt, let startedAt):
            var state = situation[name]
            let known = state.current?.attempt == attempt && !state.isStarting && !state.isStale
            if known { return }
            if state.current?.attempt != attempt { state.previous = state.current }
            state.current = ContainerRun(attempt: attempt, startedAt: startedAt)
            state.isStarting = false
            state.isStale = false
            state.refusal = nil
            state.stop = nil
            state.probes = ProbeVerdicts()
            situation.containers[name] = state
            begun.append((name, attempt))
        case .exited(let name, let attempt, let code, let startedAt, let finishedAt):
            var state = situation[name]
            if state.current?.attempt == attempt, state.current?.exit != nil { return }
            if state.current?.attempt != attempt { state.previous = state.current }
            let message = terminationMessage(name, attempt, code)
            state.current = ContainerRun(
                attempt: attempt, startedAt: startedAt, exit: .init(code: code, finishedAt: finishedAt, message: message))
            state.isStarting = false
            state.isStale = false
            state.stop = nil
            state.probes = ProbeVerdicts()
            situation.containers[name] = state
            effects.stopProbing(name)
        }
    }

    private func terminationMessage(_ name: String, _ attempt: Int, _ code: Int) -> String? {
        let directory = context.directory(of: situation.pod)
        let said = TextFile.read(ContainerLaunch.messageFile(directory, name, attempt)).map { String($0.prefix(4096)) } ?? ""
        guard said.isEmpty, code != 0,
            situation.pod.allContainers.first(where: { $0.name == name })?["terminationMessagePolicy"]?.string
                == "FallbackToLogsOnError"
        else { return said.isEmpty ? nil : said }
        let log = TextFile.read(directory.log(name, attempt: attempt)) ?? ""
        return log.split(separator: "\n").suffix(80).compactMap { LogLine(Array($0.utf8)).map { String(decoding: $0.text, as: UTF8.self) } }
            .joined(separator: "\n")
    }

    private func refused(_ name: String, _ reason: String, _ message: String, ran: Bool) {
        var state = situation[name]
        let now = Timestamp.system()
        state.isStarting = false
        if ran {
            // The program could not become one: that is a run that failed, and is tried again like one.
            state.previous = state.current
            let attempt = (state.current?.attempt ?? -1) + 1
            state.current = ContainerRun(
                attempt: attempt, startedAt: now.wholeSeconds,
                exit: .init(code: 128, finishedAt: now.wholeSeconds, reason: "StartError", message: message))
            state.isStale = false
            state.refusal = nil
            context.tell(situation.pod, .warning, "Failed", "Error: \(message)", container: name)
        } else {
            let isImage = reason == "ErrImagePull"
            let delay = isImage ? min((state.refusal?.delay ?? 5) * 2, Backoff.longest) : 5
            let isSame = state.refusal?.message == message
            state.refusal = .init(
                reason: isImage && isSame ? "ImagePullBackOff" : reason, message: message, retryAt: now + delay, delay: delay)
            if !isSame {
                let told = isImage ? "Failed to pull image: \(message)" : "Error: \(message)"
                context.tell(situation.pod, .warning, "Failed", told, container: name)
                if isImage { context.tell(situation.pod, .warning, "Failed", "Error: ErrImagePull", container: name) }
            } else if isImage {
                let image = situation.pod.allContainers.first { $0.name == name }?["image"]?.string ?? ""
                context.tell(situation.pod, .normal, "BackOff", "Back-off pulling image \"\(image)\"", container: name)
                context.tell(situation.pod, .warning, "Failed", "Error: ImagePullBackOff", container: name)
            }
        }
        situation.containers[name] = state
    }

    private func sandboxEnded() {
        isEnding = false
        let pod = situation.pod
        if case .ready(let address?) = situation.sandbox { context.giveBack(address) }
        unlink("\(context.directory(of: pod).path)/address")
        situation.sandbox = .absent
        for container in pod.allContainers {
            let name = container.name
            effects.stopProbing(name)
            guard var state = situation.containers[name], let run = state.current else { continue }
            if run.exit == nil {
                let recorded = context.directory(of: pod).record(name, attempt: run.attempt)
                state.current = recorded?.exit != nil ? recorded : run
                if state.current?.exit == nil {
                    state.current?.exit = .init(
                        code: 137, finishedAt: Timestamp.system().wholeSeconds, reason: "ContainerStatusUnknown",
                        message: "The container could not be located when the pod was terminated")
                }
            }
            state.isStale = true
            state.isStarting = false
            state.stop = nil
            state.probes = ProbeVerdicts()
            situation.containers[name] = state
        }
    }

    // MARK: - Acting

    private func step(_ spawn: Spawn) {
        for (name, attempt) in begun {
            guard let container = situation.pod.allContainers.first(where: { $0.name == name }),
                situation[name].current?.attempt == attempt
            else { continue }
            watchOver(container, spawn)
        }
        begun = []
        if !tokensAreFresh, case .ready = situation.sandbox, let seconds = PodVolumes.tokenSeconds(of: situation.pod) {
            tokensAreFresh = true
            spawn(effects.say(.tokensAge, after: seconds * 0.8))
        }
        if pendingRefresh, !isRefreshing, case .ready(let address) = situation.sandbox {
            pendingRefresh = false
            isRefreshing = true
            spawn(effects.refreshVolumes(situation.pod, address: address))
        }
        followClock()
        var seen = situation
        // What the API has forgotten is ended as if it were being deleted, and nothing more is written about it.
        if isForgotten, seen.failure == nil { seen.failure = .init(reason: "", message: "") }
        let now = last.wall
        let decision = PodDecision(seen, at: now)
        if let failure = decision.failure {
            situation.failure = failure
            context.tell(situation.pod, .normal, failure.reason, failure.message)
        }
        for action in decision.actions { perform(action, at: now, spawn) }
        if !isForgotten {
            tellBackOffs(at: now)
            writeStatus(at: now, spawn)
        }
        if let time = decision.wakeAt, wakeAt.map({ time < $0 || $0 <= now }) ?? true {
            wakeAt = time
            spawn(effects.say(.wake, after: time - now + 0.001))
        }
    }

    /// Takes note of the time, and of a clock that was set since it was taken last.
    private func followClock() {
        let jump = last.setBy
        last = Moment()
        guard abs(jump) > PodWorker.leastJump else { return }
        situation.clockWasSet(by: jump)
        wakeAt = wakeAt.map { $0 + jump }
    }

    /// Says once for each run that its successor has to wait.
    private func tellBackOffs(at now: Timestamp) {
        let pod = situation.pod
        let status = PodStatus(situation: situation, now: now)
        for (containers, isInit) in [(pod.initContainers, true), (pod.containers, false)] {
            for container in containers {
                guard let attempt = situation[container.name].current?.attempt, backOffsTold[container.name] != attempt,
                    status.isBackingOff(container, isInit: isInit)
                else { continue }
                backOffsTold[container.name] = attempt
                context.tell(
                    pod, .warning, "BackOff",
                    "Back-off restarting failed container \(container.name) in pod \(pod.name)_\(pod.namespace)(\(pod.uid))",
                    container: container.name)
            }
        }
    }

    private func perform(_ action: PodAction, at now: Timestamp, _ spawn: Spawn) {
        let pod = situation.pod
        switch action {
        case .makeSandbox:
            situation.sandbox = .starting
            pendingRefresh = false
            spawn(effects.makeSandbox(pod))
        case .start(let name):
            guard let container = pod.allContainers.first(where: { $0.name == name }),
                case .ready(let address) = situation.sandbox
            else { return }
            var state = situation[name]
            if let run = state.current, let exit = run.exit, !state.isStale {
                state.backoff = Backoff.next(state.backoff, end: exit.finishedAt, at: now)
            }
            state.isStarting = true
            situation.containers[name] = state
            let onDisk = context.directory(of: pod).lastAttempt(name) ?? -1
            let attempt = max(state.current?.attempt ?? -1, onDisk) + 1
            spawn(effects.start(container, of: pod, attempt: attempt, address: address))
        case .stop(let name, let graceEnd, let why):
            guard let container = pod.allContainers.first(where: { $0.name == name }),
                case .ready(let address) = situation.sandbox
            else { return }
            situation.containers[name]?.stop = .init(graceEnd: graceEnd)
            context.tell(pod, .normal, "Killing", why, container: name)
            effects.stopProbing(name)
            spawn(effects.stop(container, of: pod, address: address, seconds: graceEnd - now))
        case .kill(let name):
            situation.containers[name]?.stop = .init(graceEnd: now, isKilled: true)
            spawn(effects.kill(name, of: pod))
        case .endSandbox:
            guard !isEnding, situation.sandbox != .starting else { return }
            isEnding = true
            spawn(effects.endSandbox(pod))
        case .forget:
            guard !isForgetting, !isForgotten else { return }
            isForgetting = true
            spawn(effects.forget(pod, status: PodStatus(situation: situation, now: now).value))
        }
    }

    private func watchOver(_ container: Tree, _ spawn: Spawn) {
        guard case .ready(let address) = situation.sandbox, let attempt = situation[container.name].current?.attempt else { return }
        let isStarted = situation[container.name].probes.startup == true
        let work = effects.probes(of: container, in: situation.pod, attempt: attempt, address: address, isStarted: isStarted)
        for piece in work { spawn(piece) }
    }

    private func writeStatus(at now: Timestamp, _ spawn: Spawn) {
        guard !isWriting, !isForgetting else { return }
        let status = PodStatus(situation: situation, now: now).value
        guard status != written else { return }
        written = status
        situation.lastStatus = status
        isWriting = true
        spawn(effects.write(status, of: situation.pod))
    }
}
