import Foundation
import Testing

/// Containers that end: restarted in place or not, with what kubectl shows of it.
@Suite(.serialized, .ownThreads) struct RestartTests {
    @Test func `a container that keeps failing backs off, and says so`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        // The message is what it wrote for that purpose; the log of each run is kept apart.
        try cluster.apply(
            Manifest.pod(
                "crash",
                "echo run at $(cut -d. -f1 /proc/uptime); echo told in the end >/dev/termination-log; [ -e /tmp/mine ] && exit 9; touch /tmp/mine; exit 3"
            ))
        func status(_ path: String) throws -> String { try cluster.get("pod crash", ".status.containerStatuses[0]\(path)") }
        let uid = try cluster.get("pod crash", ".metadata.uid")
        try await eventually("it backs off") {
            // Of one moment, and how often it was restarted until then says for how long: ten seconds are soon over.
            let now = try status(".restartCount}|{.status.containerStatuses[0].state.waiting.message").split(separator: "|")
            guard now.count == 2, let restarts = Int(now[0]), restarts > 0 else { return false }
            #expect(now[1] == "back-off \(10 << (restarts - 1))s restarting failed container=main pod=crash_default(\(uid))")
            return true
        }
        // What it wrote to its own file system is gone with each run: else it would have been 9.
        #expect(try status(".lastState.terminated.exitCode") == "3")
        #expect(try status(".lastState.terminated.reason") == "Error")
        #expect(try status(".lastState.terminated.message") == "told in the end\n")
        try await eventually("get shows it") {
            try cluster.kubectl("get", "pod", "crash", "--no-headers").output.contains("CrashLoopBackOff")
        }
        // The first restart came at once, and its log and the one before are there.
        let (newest, previous) = (try cluster.logs("crash"), try cluster.logs("crash", "--previous"))
        #expect(newest.hasPrefix("run at ") && previous.hasPrefix("run at "))
        #expect(newest >= previous)
        try await eventually("the event says so, too") {
            try cluster.get("events --field-selector=involvedObject.name=crash", ".items[*].reason").contains("BackOff")
        }
        // After its ten seconds it is tried again and waits twice as long.
        try await eventually("it is tried again") { (Int(try status(".restartCount")) ?? 0) >= 2 }
        try await eventually("it waits for longer") {
            let message = try status(".state.waiting.message")
            return message.hasPrefix("back-off ") && !message.contains("back-off 10s")
        }
    }

    @Test func `kill -9 of a program, and of what holds its pod`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            Manifest.pod(
                "one", "sleep 1000 & wait", spec: "volumes: [{name: kept, emptyDir: {}}]",
                container: """
                    volumeMounts: [{name: kept, mountPath: /kept}]
                    """))
        try await cluster.isReady("one")
        let uid = try cluster.get("pod one", ".metadata.uid")
        let address = try cluster.get("pod one", ".status.podIP")
        let programs = cluster.programs(of: uid)
        let shell = try #require(programs.first { $0.value.contains("wait") })
        #expect(programs.count == 2, "the shell and what it started")
        kill(shell.key, SIGKILL)
        try await eventually("the container is started again") {
            try cluster.get("pod one", ".status.containerStatuses[0].restartCount") == "1"
                && cluster.get("pod one", ".status.containerStatuses[0].ready") == "true"
        }
        #expect(programs.keys.allSatisfy { !Processes.isAlive($0) }, "what it had started ended with it")
        #expect(try cluster.get("pod one", ".status.containerStatuses[0].lastState.terminated.exitCode") == "137")
        #expect(try cluster.get("pod one", ".status.podIP") == address)

        // Without its shim a pod's containers end; the node makes it again under the same name and uid.
        let shim = try #require(cluster.shims()[uid])
        kill(shim, SIGKILL)
        try await eventually("the pod is made again in place") {
            try cluster.get("pod one", ".status.containerStatuses[0].restartCount") == "2"
                && cluster.get("pod one", ".status.containerStatuses[0].ready") == "true"
        }
        #expect(try cluster.get("pod one", ".metadata.uid") == uid)
        #expect(cluster.programs(of: uid).count == 2)
    }

    @Test func `restart policies, jobs and deadlines`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("never", "exit 4", spec: "restartPolicy: Never"))
        try cluster.apply(Manifest.pod("fine", "exit 0", spec: "restartPolicy: OnFailure"))
        try cluster.apply(Manifest.pod("late", "exec sleep 1000", spec: "restartPolicy: Never\nactiveDeadlineSeconds: 1"))
        try cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: sum}
            spec:
              completions: 3
              parallelism: 2
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: host/sh, args: ["-c", "echo done"]}]
            """)
        try await eventually("one has failed, one has succeeded, one is stopped") {
            try ["never", "fine", "late"].map { try cluster.get("pod \($0)", ".status.phase") } == ["Failed", "Succeeded", "Failed"]
        }
        #expect(try cluster.get("pod never", ".status.containerStatuses[0].state.terminated.exitCode") == "4")
        #expect(try cluster.get("pod late", ".status.reason") == "DeadlineExceeded")
        let waited = try cluster.kubectl("wait", "job/sum", "--for=condition=Complete", "--timeout=60s")
        #expect(waited.status == 0, "\(waited.errors)")
        #expect(try cluster.get("job sum", ".status.succeeded") == "3")
    }

    @Test func `a job that was suspended goes on, and its time starts anew`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: long}
            spec:
              template:
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: host/sleep, args: ["1000"]}]
            """)
        try await eventually("it runs") { try cluster.get("job long", ".status.ready") == "1" }
        let started = try cluster.get("job long", ".status.startTime")
        #expect(try cluster.kubectl("patch", "job", "long", "-p", #"{"spec":{"suspend":true}}"#).status == 0)
        func suspended() throws -> String { try cluster.get("job long", ".status.conditions[?(@.type=='Suspended')].status") }
        try await eventually("it is suspended") { try suspended() == "True" && cluster.get("pods", ".items[*].metadata.name").isEmpty }
        // Times have whole seconds.
        try await eventually("the clock has gone on") { Date().formatted(.iso8601) > started }
        #expect(try cluster.kubectl("patch", "job", "long", "-p", #"{"spec":{"suspend":false}}"#).status == 0)
        try await eventually("it runs again") { try suspended() == "False" && cluster.get("job long", ".status.ready") == "1" }
        #expect(try cluster.get("job long", ".status.startTime") > started)
        #expect(try cluster.get("job long", ".status.failed").isEmpty)
    }

    @Test(arguments: [
        ("nginx:1.27", "this node runs programs of the host and pulls no images; an image it can run is host/PROGRAM, e.g. host/sh"),
        ("host/no-such-program", "the host has no program no-such-program in /usr/local/sbin:/usr/local/bin:"),
    ])
    func `an image that this node cannot run waits and says what it can`(image: String, message: String) async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        #expect(try cluster.kubectl("run", "other", "--image=\(image)").status == 0)
        func waiting(_ field: String) throws -> String {
            try cluster.get("pod other", ".status.containerStatuses[0].state.waiting.\(field)")
        }
        try await eventually("it waits for its image") { try waiting("reason") == "ErrImagePull" }
        #expect(try waiting("message").contains("image \"\(image)\": "))
        #expect(try waiting("message").contains(message))
        try await eventually("the event says why") {
            try cluster.get("events --field-selector=involvedObject.name=other,reason=Failed", ".items[*].message").contains(message)
        }
        #expect(try cluster.get("pod other", ".status.phase") == "Pending")
        #expect(try cluster.kubectl("delete", "pod", "other", "--timeout=30s").status == 0)
    }

    @Test func `a log is cut into parts and read as a whole`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let line = String(repeating: "x", count: 200)
        try cluster.apply(
            Manifest.pod("talks", "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo $i \(line); done", spec: "restartPolicy: Never"))
        try await eventually("it has said all") { try cluster.get("pod talks", ".status.phase") == "Succeeded" }
        let uid = try cluster.get("pod talks", ".metadata.uid")
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(cluster.state)/node/pods/\(uid)/containers/main")
        #expect(Set(files).isSuperset(of: ["0.log", "0.log.1"]), "\(files)")
        let lines = try cluster.logs("talks").split(separator: "\n")
        #expect(lines.count == 60000)
        #expect(lines.first == "1 \(line)")
        #expect(lines.last == "60000 \(line)")
        #expect(try cluster.logs("talks", "--tail=2").split(separator: "\n") == lines.suffix(2))
    }
}
