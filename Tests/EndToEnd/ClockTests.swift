import Foundation
import Programs
import Testing

/// A wall clock that is set while everything runs: what is under way ends when it would have ended, and what comes is done at once.
@Suite(.serialized, .ownThreads) struct ClockTests {
    /// Put before the C library of skiff: the wall clock is off by the seconds that a file says.
    private static let shifted = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        static long shift(void) {
            char text[32];
            const char *path = getenv("CLOCK_SHIFT");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            if (file < 0) return 0;
            ssize_t count = read(file, text, sizeof text - 1);
            close(file);
            text[count > 0 ? count : 0] = 0;
            return atol(text);
        }
        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = syscall(SYS_clock_gettime, clock, time);
            if (!result && clock == CLOCK_REALTIME) time->tv_sec += shift();
            return result;
        }
        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            time->tv_sec = now.tv_sec;
            time->tv_usec = now.tv_nsec / 1000;
            return 0;
        }
        time_t time(time_t *result) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }
        """

    private func library(_ folder: Folder) throws -> String {
        let clang = try #require(Program.find("clang"), "Swift's toolchain has it")
        let source = try folder.write("clock.c", Self.shifted)
        let made = try Program.run(clang, ["-shared", "-fPIC", "-o", folder.path + "/clock.so", source])
        try #require(made.status == 0, "\(made.errors)")
        return folder.path + "/clock.so"
    }

    private static let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: host/sh, args: ["-c", "echo here; exec sleep 1000"]}]

        """

    @Test func `what was stopped as a whole goes on where it was`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Self.web)
        try repository.write("page.yaml", Manifest.configMap("page", "before"))
        try repository.push("Before")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare], in: folder)
        try await eventually("it runs") { try cluster.get("deployment web", ".status.availableReplicas") == "1" }
        let programs = cluster.programs()
        kill(cluster.pid, SIGSTOP)
        #expect(try cluster.kubectl("get", "namespaces", "--request-timeout", "2s").status == 1)
        try repository.write("page.yaml", Manifest.configMap("page", "after"))
        try repository.push("After")
        let victim = try #require(programs.keys.first)
        kill(victim, SIGKILL)
        kill(cluster.pid, SIGCONT)
        try await eventually("the push runs") { try cluster.greeting("page") == "after" }
        try await eventually("what has ended meanwhile is started again") {
            try cluster.get("pods -l app=web", ".items[0].status.containerStatuses[0].restartCount") == "1"
                && cluster.get("deployment web", ".status.availableReplicas") == "1"
        }
        #expect(try await cluster.end(SIGINT) == 0)
    }

    /// Twenty hours back, as a machine without a battery may start, and a month on.
    @Test(arguments: [-72000, 2_592_000]) func `the loop and its pods go on when the clock is set`(jump: Int) async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Self.web)
        try repository.write("page.yaml", Manifest.configMap("page", "before"))
        try repository.push("Before")
        let clock = try folder.write("shift", "0")
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--repo", repository.bare], in: folder,
            launcher: ["env", "LD_PRELOAD=\(try library(folder))", "CLOCK_SHIFT=\(clock)"])
        try await eventually("it runs") { try cluster.get("deployment web", ".status.availableReplicas") == "1" }
        // One that keeps failing, and one that does not hear when it is to stop.
        try cluster.apply(Manifest.pod("fails", "exit 1"))
        let deaf = Manifest.pod("deaf", "trap '' TERM; while true; do sleep 1; done")
        try cluster.apply(deaf.replacing("terminationGracePeriodSeconds: 1", with: "terminationGracePeriodSeconds: 10"))
        try await cluster.isReady("deaf")
        func restarts() throws -> Int { Int(try cluster.get("pod fails", ".status.containerStatuses[0].restartCount")) ?? 0 }
        try await eventually("it waits to be started again") {
            try cluster.get("pod fails", ".status.containerStatuses[0].state.waiting.reason") == "CrashLoopBackOff"
        }
        #expect(try cluster.kubectl("delete", "pod", "deaf", "--wait=false").status == 0)

        try "\(jump)".write(toFile: clock, atomically: true, encoding: .utf8)
        let before = try restarts()
        try await eventually("what is deaf is killed when its time is over") {
            try cluster.kubectl("get", "pod", "deaf", "--ignore-not-found", "-o", "name").output.isEmpty
        }
        try await eventually("what keeps failing is started again") { try restarts() > before }
        // A push, drift, and what kubectl asks of the node, whose certificates are looked at anew.
        try repository.write("web.yaml", Self.web.replacing("replicas: 1", with: "replicas: 2"))
        try repository.write("page.yaml", Manifest.configMap("page", "after"))
        try repository.push("After")
        try await eventually("the push runs") {
            try cluster.greeting("page") == "after" && cluster.get("deployment web", ".status.availableReplicas") == "2"
        }
        for value in ["one", "two"] {
            let patch = "{\"data\":{\"greeting\":\"\(value)\"}}"
            #expect(try cluster.kubectl("patch", "configmap", "page", "--type=merge", "-p", patch).status == 0)
            try await eventually("drift is put right") { try cluster.greeting("page") == "after" }
        }
        let head = try repository.git("rev-parse", "HEAD").prefix(10)
        try await eventually("the status branch tells of it") {
            try repository.git("log", "-1", "--format=%s", "skiff/status/default", in: repository.bare).contains("\(head) in sync")
        }
        let pod = try cluster.get("pods -l app=web", ".items[0].metadata.name")
        let log = try cluster.kubectl("logs", pod)
        #expect(log.output == "here\n", "\(log.errors)")
        #expect(try cluster.get("nodes", ".items[0].status.conditions[?(@.type=='Ready')].status") == "True")
        #expect(try await cluster.end(SIGINT) == 0)
        #expect(cluster.shims().isEmpty)
    }
}
