import Foundation
import Programs
import Testing

/// `kubectl debug`: containers that are put into a running pod.
@Suite(.serialized, .ownThreads) struct DebugTests {
    @Test func `an ephemeral container sees the processes of its target; logs, attach, exec and status know it`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder, ["--without", "proxy"])
        try cluster.apply(Manifest.pod("web", "exec sleep 86401", container: "readinessProbe: {exec: {command: [\"true\"]}}"))
        try await cluster.isReady("web")
        func status(_ name: String, _ field: String) throws -> String {
            try cluster.get("pod web", ".status.ephemeralContainerStatuses[?(@.name=='\(name)')]\(field)")
        }

        // In a terminal, with an end that kubectl tells.
        let script = try #require(Program.find("script"))
        let asked = "ps -eo args; echo $0 on $(tty); exit 3"
        let shell = try Program.run(
            script, ["-qec", "kubectl debug -it web --image=host/bash --target=main -c shell -- bash -c '\(asked)'", "/dev/null"],
            environment: ["KUBECONFIG": "\(cluster.state)/kubeconfig"])
        try await eventually("the shell has ended") { try status("shell", ".state.terminated.exitCode") == "3" }
        let said = try cluster.logs("web", "-c", "shell")
        #expect(said.contains("sleep 86401") && said.contains("bash on /dev/pts/0"), "\(said) \(shell.output)")
        #expect(try status("shell", ".ready") == "false" && status("shell", ".restartCount") == "0")
        #expect(try status("shell", ".containerID").hasPrefix("process://"))

        // One that stays: commands in it and attachments to it are with it, and it shares the pod's network, but not others' files.
        #expect(
            try cluster.kubectl(
                "debug", "web", "--image=host/sh", "--target=main", "-c", "tools", "--", "sh", "-c",
                "echo mine > /tmp/mine; echo ready; exec sleep 86402"
            ).status == 0)
        try await eventually("it runs") { try status("tools", ".state.running.startedAt") != "" }
        try await eventually("it has said so") { try cluster.logs("web", "-c", "tools") == "ready\n" }
        #expect(try cluster.kubectl("exec", "web", "-c", "tools", "--", "cat", "/tmp/mine").output == "mine\n")
        #expect(try cluster.kubectl("exec", "web", "--", "cat", "/tmp/mine").status != 0)
        let address = try cluster.get("pod web", ".status.podIP")
        #expect(try cluster.kubectl("exec", "web", "-c", "tools", "--", "hostname", "-I").output.contains(address))
        #expect(try cluster.get("pod web", ".status.phase") == "Running")
        #expect(try cluster.kubectl("describe", "pod", "web").output.contains("Ephemeral Containers:"))
        #expect(try cluster.kubectl("events", "--for", "pod/web").output.contains("Started container tools"))

        // Without a target it sees its own processes alone.
        let list = "ps -eo args; exec sleep 86403"
        #expect(try cluster.kubectl("debug", "web", "--image=host/sh", "-c", "alone", "--", "sh", "-c", list).status == 0)
        try await eventually("it has looked") { try cluster.logs("web", "-c", "alone").contains("ps -eo args\n") }
        #expect(try !cluster.logs("web", "-c", "alone").contains("sleep 86401"))

        // In Kubernetes' words: it can be neither changed nor removed, and its target must be there.
        func patch(_ containers: String) throws -> String {
            try cluster.kubectl(
                "patch", "pod", "web", "--subresource=ephemeralcontainers", "--type=json", "-p",
                "[{\"op\": \"replace\", \"path\": \"/spec/ephemeralContainers\", \"value\": [\(containers)]}]"
            ).errors
        }
        #expect(try patch("").contains("existing ephemeral containers \"shell\" may not be removed"))
        let nowhere = try cluster.kubectl("debug", "web", "--image=host/sh", "--target=nope", "-c", "lost", "--", "true")
        #expect(nowhere.errors.contains("spec.ephemeralContainers[3].targetContainerName: Not found: \"nope\""), "\(nowhere.errors)")

        // It outlives the engine with its pod, and ends with that.
        let uid = try cluster.get("pod web", ".metadata.uid")
        #expect(try await cluster.end(SIGTERM) == 0)
        let again = try await Cluster.whole(folder, ["--without", "proxy"])
        try await again.isReady("web")
        #expect(try again.get("pod web", ".status.ephemeralContainerStatuses[?(@.name=='tools')].state.running.startedAt") != "")
        #expect(try again.get("pod web", ".status.ephemeralContainerStatuses[?(@.name=='shell')].state.terminated.exitCode") == "3")
        #expect(again.programs(of: uid).values.contains { $0.hasPrefix("sleep 86402") })
        #expect(try again.kubectl("delete", "pod", "web", "--timeout=60s").status == 0)
        try await eventually("nothing of it runs") { again.programs(of: uid).isEmpty }
    }

    @Test func `skiff down gives an ephemeral container its grace period`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder, ["--without", "proxy"])
        try cluster.apply(Manifest.pod("web", "exec sleep 86404", container: "readinessProbe: {exec: {command: [\"true\"]}}"))
        try await cluster.isReady("web")
        let patient = "trap 'echo bye$((40 + 2)); exit' TERM; echo ready; while true; do sleep 0.1; done"
        #expect(try cluster.kubectl("debug", "web", "--image=host/sh", "-c", "tools", "--", "sh", "-c", patient).status == 0)
        try await eventually("it listens") { try cluster.logs("web", "-c", "tools") == "ready\n" }
        #expect(try await cluster.end(SIGTERM) == 0)
        #expect(try Program.run(Program.skiff, ["down", "--state-dir", cluster.state]).status == 0)
        let grep = try #require(Program.find("grep"))
        #expect(try Program.run(grep, ["-rl", "bye42", cluster.state]).output.contains("tools"), "its last words are in its log")
    }
}
