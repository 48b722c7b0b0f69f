import ClusterObjects
import Testing

@testable import ClusterNode

/// What a pod needs next, as a table: no process runs here.
@Suite struct PodDecisionTests {
    static let now = Timestamp(seconds: 1_000_000)

    static func situation(_ spec: Value, metadata: Value = .emptyObject, sandbox: PodSituation.Sandbox = .ready(address: "10.244.0.2"))
        -> PodSituation
    {
        var metadata = metadata
        metadata["name"] = "p"
        metadata["namespace"] = "ns"
        metadata["uid"] = "u"
        let pod = Pod(APIObject(["metadata": metadata, "spec": spec]))
        return PodSituation(pod: pod, sandbox: sandbox, startTime: now, lastStatus: .emptyObject)
    }

    static func running(_ attempt: Int = 0) -> ContainerSituation {
        ContainerSituation(current: ContainerRun(attempt: attempt, startedAt: now))
    }

    static func exited(_ code: Int, _ ago: Double = 0, attempt: Int = 0, backoff: Backoff? = nil) -> ContainerSituation {
        ContainerSituation(
            current: ContainerRun(attempt: attempt, startedAt: now + -100, exit: .init(code: code, finishedAt: now + -ago)),
            backoff: backoff)
    }

    static let one: Value = ["restartPolicy": "Always", "containers": [["name": "main"]]]

    @Test func `a new pod gets its sandbox, then its containers`() {
        #expect(PodDecision(Self.situation(Self.one, sandbox: .absent), at: Self.now).actions == [.makeSandbox])
        #expect(PodDecision(Self.situation(Self.one, sandbox: .starting), at: Self.now).actions == [])
        #expect(PodDecision(Self.situation(Self.one), at: Self.now).actions == [.start("main")])
    }

    @Test func `init containers run one after the other, and before the others`() {
        var pod = Self.situation(["initContainers": [["name": "a"], ["name": "b"]], "containers": [["name": "main"]]])
        #expect(PodDecision(pod, at: Self.now).actions == [.start("a")])
        pod.containers["a"] = Self.running()
        #expect(PodDecision(pod, at: Self.now).actions == [])
        pod.containers["a"] = Self.exited(0)
        #expect(PodDecision(pod, at: Self.now).actions == [.start("b")])
        pod.containers["b"] = Self.exited(0)
        #expect(PodDecision(pod, at: Self.now).actions == [.start("main")])
        #expect(PodPhase.of(pod) == "Pending")
    }

    @Test func `a failed init container fails a pod that is never restarted`() {
        var pod = Self.situation(["restartPolicy": "Never", "initContainers": [["name": "a"]], "containers": [["name": "main"]]])
        pod.containers["a"] = Self.exited(1)
        #expect(PodPhase.of(pod) == "Failed")
        #expect(PodDecision(pod, at: Self.now).actions == [.endSandbox])
    }

    @Test func `a sidecar that has started lets the others start, and is stopped after them`() {
        var pod = Self.situation([
            "restartPolicy": "Never", "initContainers": [["name": "side", "restartPolicy": "Always"]], "containers": [["name": "main"]],
        ])
        #expect(PodDecision(pod, at: Self.now).actions == [.start("side")])
        pod.containers["side"] = Self.running()
        #expect(PodDecision(pod, at: Self.now).actions == [.start("main")])
        pod.containers["main"] = Self.exited(0)
        guard case .stop("side", _, _)? = PodDecision(pod, at: Self.now).actions.first else {
            Issue.record("the sidecar goes on")
            return
        }
    }

    @Test(arguments: [("Always", 0, true), ("Always", 1, true), ("OnFailure", 0, false), ("OnFailure", 1, true), ("Never", 1, false)])
    func `restartPolicy says which end is followed by a start`(policy: String, code: Int, restarts: Bool) {
        var pod = Self.situation(["restartPolicy": Value(policy), "containers": [["name": "main"]]])
        pod.containers["main"] = Self.exited(code)
        #expect(PodDecision(pod, at: Self.now).actions == (restarts ? [.start("main")] : [.endSandbox]))
        #expect(PodPhase.of(pod) == (restarts ? "Running" : code == 0 ? "Succeeded" : "Failed"))
    }

    @Test func `the first restart is at once, the next waits and says so`() {
        var pod = Self.situation(Self.one)
        pod.containers["main"] = Self.exited(1, 3, attempt: 1, backoff: Backoff(delay: 10, updated: Self.now + -5))
        let decision = PodDecision(pod, at: Self.now)
        #expect(decision.actions == [])
        #expect(decision.wakeAt == Self.now + 7)
        let status = PodStatus(situation: pod, now: Self.now).value["containerStatuses"]?.array?.first
        #expect(status?["state"]?["waiting"]?["reason"]?.string == "CrashLoopBackOff")
        #expect(
            status?["state"]?["waiting"]?["message"]?.string == "back-off 10s restarting failed container=main pod=p_ns(u)")
        #expect(status?["lastState"]?["terminated"]?["exitCode"]?.int == 1)
        #expect(PodDecision(pod, at: Self.now + 7).actions == [.start("main")])
    }

    @Test func `back-off doubles to five minutes and is forgotten after ten good ones`() {
        var backoff: Backoff?
        var delays: [Double] = []
        var time = Self.now
        for _ in 0..<8 {
            backoff = Backoff.next(backoff, end: time, at: time)
            delays.append(backoff?.delay ?? 0)
            time = time + 1
        }
        #expect(delays == [10, 20, 40, 80, 160, 300, 300, 300])
        #expect(Backoff.next(backoff, end: time + 601, at: time + 601).delay == 10)
    }

    @Test(arguments: [-5000.0, -2, 5000]) func `a clock that is set moves what lies ahead along`(jump: Double) {
        var pod = Self.situation(Self.one, metadata: ["deletionTimestamp": "2001-01-01T00:00:00Z", "deletionGracePeriodSeconds": 9])
        pod.containers["main"] = Self.running()
        pod.containers["main"]?.stop = .init(graceEnd: Self.now + 9, signalledAt: Self.now)
        pod.clockWasSet(by: jump)
        #expect(PodDecision(pod, at: Self.now + jump).actions.isEmpty)
        #expect(PodDecision(pod, at: Self.now + jump).wakeAt == Self.now + jump + 9)
        #expect(PodDecision(pod, at: Self.now + jump + 9).actions == [.kill("main")])

        pod = Self.situation(Self.one, sandbox: .failed(retryAt: Self.now + 5))
        pod.clockWasSet(by: jump)
        #expect(PodDecision(pod, at: Self.now + jump + 4).wakeAt == Self.now + jump + 5)
        #expect(PodDecision(pod, at: Self.now + jump + 5).actions == [.makeSandbox])

        pod.sandbox = .ready(address: nil)
        pod.containers["main"] = ContainerSituation(
            refusal: .init(reason: "ErrImagePull", message: "", retryAt: Self.now + 10, delay: 10))
        pod.clockWasSet(by: jump)
        #expect(PodDecision(pod, at: Self.now + jump + 9).actions.isEmpty)
        #expect(PodDecision(pod, at: Self.now + jump + 10).actions == [.start("main")])
    }

    @Test func `what ended in the future ended by a clock that was set back, and waits for nothing`() {
        var pod = Self.situation(Self.one)
        for backoff in [nil, Backoff(delay: 300, updated: Self.now + -5)] {
            pod.containers["main"] = Self.exited(1, -5000, attempt: 1, backoff: backoff)
            #expect(PodDecision(pod, at: Self.now).actions == [.start("main")])
        }
        // A moment is no jump.
        pod.containers["main"] = Self.exited(1, -1, attempt: 1, backoff: Backoff(delay: 10, updated: Self.now + -5))
        #expect(PodDecision(pod, at: Self.now).wakeAt == Self.now + 11)
    }

    @Test func `a failed liveness probe stops the container`() {
        var pod = Self.situation([
            "terminationGracePeriodSeconds": 5, "containers": [["name": "main", "livenessProbe": ["periodSeconds": 1]]],
        ])
        pod.containers["main"] = Self.running()
        pod.containers["main"]?.probes.liveness = false
        #expect(
            PodDecision(pod, at: Self.now).actions
                == [.stop("main", graceEnd: Self.now + 5, why: "Container main failed liveness probe, will be restarted")])
    }

    @Test func `a deleted pod stops, is killed when its time is over, and is forgotten when nothing is left`() {
        var pod = Self.situation(Self.one, metadata: ["deletionTimestamp": "2001-01-01T00:00:00Z", "deletionGracePeriodSeconds": 3])
        pod.containers["main"] = Self.running()
        #expect(PodDecision(pod, at: Self.now).actions == [.stop("main", graceEnd: Self.now + 3, why: "Stopping container main")])
        pod.containers["main"]?.stop = .init(graceEnd: Self.now + 3, signalledAt: Self.now)
        #expect(PodDecision(pod, at: Self.now).wakeAt == Self.now + 3)
        #expect(PodDecision(pod, at: Self.now + 3).actions == [.kill("main")])
        pod.containers["main"] = Self.exited(137)
        #expect(PodDecision(pod, at: Self.now).actions == [.endSandbox])
        pod.sandbox = .absent
        #expect(PodDecision(pod, at: Self.now).actions == [.forget])
    }

    @Test func `however long a preStop hook took, two seconds are left for the stop signal`() {
        var pod = Self.situation(Self.one, metadata: ["deletionTimestamp": "2001-01-01T00:00:00Z", "deletionGracePeriodSeconds": 3])
        pod.containers["main"] = Self.running()
        // While it runs nothing is killed: it is itself ended with the grace period.
        pod.containers["main"]?.stop = .init(graceEnd: Self.now + 3)
        #expect(PodDecision(pod, at: Self.now + 3).actions.isEmpty)
        pod.containers["main"]?.stop?.signalledAt = Self.now + 3
        #expect(PodDecision(pod, at: Self.now + 4).actions.isEmpty)
        #expect(PodDecision(pod, at: Self.now + 4).wakeAt == Self.now + 5)
        #expect(PodDecision(pod, at: Self.now + 5).actions == [.kill("main")])
        pod.containers["main"]?.stop?.signalledAt = Self.now + 0.5
        #expect(PodDecision(pod, at: Self.now + 3).actions == [.kill("main")])
    }

    @Test func `after a reboot a pod starts again in place, its init containers first`() {
        var pod = Self.situation(["initContainers": [["name": "a"]], "containers": [["name": "main"]]], sandbox: .absent)
        pod.containers["a"] = Self.exited(0)
        pod.containers["a"]?.isStale = true
        pod.containers["main"] = Self.exited(137)
        pod.containers["main"]?.isStale = true
        #expect(PodDecision(pod, at: Self.now).actions == [.makeSandbox])
        pod.sandbox = .ready(address: "10.244.0.9")
        #expect(PodDecision(pod, at: Self.now).actions == [.start("a")])
    }

    @Test func `an ephemeral container is started once, whatever the others do, and ends with the pod`() {
        var pod = Self.situation([
            "initContainers": [["name": "a"]], "containers": [["name": "main"]], "ephemeralContainers": [["name": "debug"]],
        ])
        #expect(PodDecision(pod, at: Self.now).actions == [.start("debug"), .start("a")])
        pod.containers = ["a": Self.exited(0), "main": Self.running(), "debug": Self.running()]
        #expect(PodDecision(pod, at: Self.now).actions == [])
        pod.containers["debug"] = Self.exited(1)
        #expect(PodDecision(pod, at: Self.now).actions == [])
        #expect(PodPhase.of(pod) == "Running")
        let status = PodStatus(situation: pod, now: Self.now).value["ephemeralContainerStatuses"]?.array?.first
        #expect(status?["state"]?["terminated"]?["exitCode"] == 1 && status?["ready"] == false && status?["started"] == nil)
        // After a reboot too: it was of the sandbox that is gone.
        pod.containers["debug"]?.isStale = true
        #expect(!PodDecision(pod, at: Self.now).actions.contains(.start("debug")))

        let deleted: Value = ["deletionTimestamp": Value(Self.now.description), "deletionGracePeriodSeconds": 5]
        pod = Self.situation(["containers": [["name": "main"]], "ephemeralContainers": [["name": "debug"]]], metadata: deleted)
        pod.containers = ["main": Self.running(), "debug": Self.running()]
        let stopped = PodDecision(pod, at: Self.now).actions.compactMap { if case .stop(let name, _, _) = $0 { name } else { nil } }
        #expect(stopped == ["main", "debug"])
    }

    @Test func `activeDeadlineSeconds ends a pod`() {
        var pod = Self.situation(["activeDeadlineSeconds": 10, "containers": [["name": "main"]]])
        pod.containers["main"] = Self.running()
        #expect(PodDecision(pod, at: Self.now).wakeAt == Self.now + 10)
        let decision = PodDecision(pod, at: Self.now + 10)
        #expect(decision.failure?.reason == "DeadlineExceeded")
    }

    @Test func `readiness and its conditions follow the containers`() {
        var pod = Self.situation(["containers": [["name": "main", "readinessProbe": ["periodSeconds": 1]]]])
        pod.containers["main"] = Self.running()
        func condition(_ type: String) -> Value? {
            PodStatus(situation: pod, now: Self.now).value["conditions"]?.array?.first { $0["type"]?.string == type }
        }
        #expect(condition("Ready")?["message"]?.string == "containers with unready status: [main]")
        pod.containers["main"]?.probes.readiness = true
        #expect(condition("Ready")?["status"]?.string == "True")
        #expect(condition("Initialized")?["status"]?.string == "True")
    }
}
