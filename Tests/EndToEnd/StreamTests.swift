import Foundation
import Programs
import Testing

/// What kubectl does inside running containers: exec, cp, logs -f; and what is left when one side is gone.
@Suite(.serialized, .ownThreads) struct StreamTests {
    /// Waits for nothing but its end.
    private static let sleeper = Manifest.pod("web", "echo began; exec sleep 86400")

    private func cluster(_ folder: Folder, _ manifests: String...) async throws -> Cluster {
        let cluster = try await Cluster.whole(folder, ["--without", "reconciler,proxy"])
        for manifest in manifests { try cluster.apply(manifest) }
        return cluster
    }

    /// kubectl on a terminal of its own.
    private func onTerminal(_ cluster: Cluster, _ command: String) throws -> Outcome {
        let script = try #require(Program.find("script"))
        return try Program.run(
            script, ["-qec", "stty cols 91 rows 33; \(command)", "/dev/null"], environment: ["KUBECONFIG": "\(cluster.state)/kubeconfig"])
    }

    /// Both protocols that kubectl speaks: WebSocket, and SPDY as older ones do.
    private static let protocols = ["true", "false"]

    @Test(arguments: protocols) func `exec runs a command: its output, its exit code, its input, a terminal`(webSockets: String)
        async throws
    {
        let folder = try Folder()
        let cluster = try await cluster(folder, Self.sleeper)
        try await cluster.isReady("web")
        let environment = ["KUBECTL_REMOTE_COMMAND_WEBSOCKETS": webSockets]
        func exec(_ arguments: String..., input: String? = nil) throws -> Outcome {
            let kubectl = try #require(Program.find("kubectl"))
            return try Program.run(
                kubectl, ["exec"] + arguments, environment: environment.merging(["KUBECONFIG": "\(cluster.state)/kubeconfig"]) { $1 },
                input: input)
        }

        let failed = try exec("web", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
        #expect(failed.output == "out\n" && failed.errors == "err\ncommand terminated with exit code 7\n" && failed.status == 7)

        // Ten megabytes there and back; the command ends by the end of its input.
        let line = "all work and no play makes a dull boy\n"
        let text = String(repeating: line, count: 10_000_000 / line.utf8.count)
        let echoed = try exec("-i", "web", "--", "cat", input: text)
        #expect(echoed.output == text && echoed.status == 0)
        // A command that does not read its input ends all the same.
        #expect(try exec("-i", "web", "--", "true", input: text).status == 0)

        // The size comes after the command has begun, from kubectl's own side of the session.
        let sized = "n=0; until [ \"$(stty size)\" = \"33 91\" ] || [ $n = 600 ]; do n=$((n + 1)); sleep 0.1; done; stty size"
        let terminal = try onTerminal(
            cluster,
            "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=\(webSockets) kubectl exec -it web -- sh -c 'tty; \(sized); echo $TERM; exit 3'")
        #expect(terminal.output.contains("/dev/pts/0") && terminal.output.contains("33 91\r\n") && terminal.output.contains("xterm"))
        #expect(terminal.status == 3)

        // In Kubernetes' words.
        let nosuch = try exec("web", "--", "nosuch")
        #expect(nosuch.errors.contains("exec: \"nosuch\": executable file not found in $PATH"), "\(nosuch)")
        #expect(try exec("web", "-c", "nope", "--", "true").errors.contains("container nope is not valid for pod web"))
        #expect(try exec("none", "--", "true").errors == "Error from server (NotFound): pods \"none\" not found\n")
    }

    @Test(arguments: protocols) func `attach and run -i carry input and all that comes after its end`(webSockets: String) async throws {
        let folder = try Folder()
        let reader = Manifest.pod(
            "reader", "cat; echo after; sleep 1; echo last", spec: "restartPolicy: Never", container: "stdin: true\nstdinOnce: true")
        let cluster = try await cluster(folder, reader)
        try await cluster.isReady("reader")
        func kubectl(_ arguments: String..., input: String) throws -> Outcome {
            try Program.run(
                try #require(Program.find("kubectl")), arguments,
                environment: ["KUBECTL_REMOTE_COMMAND_WEBSOCKETS": webSockets, "KUBECONFIG": "\(cluster.state)/kubeconfig"], input: input)
        }
        // A command's input is not the container's.
        #expect(try kubectl("exec", "-i", "reader", "--", "cat", input: "other\n").output == "other\n")
        let attached = try kubectl("attach", "-i", "reader", input: "hello\n")
        #expect(attached.output == "hello\nafter\nlast\n" && attached.status == 0, "\(attached)")
        #expect(try cluster.logs("reader") == "hello\nafter\nlast\n")
        let ran = try kubectl(
            "run", "-i", "--rm", "once", "--image=host/sh", "--restart=Never", "--", "-c", "cat; echo after; exit 4", input: "hello\n")
        #expect(ran.output.hasPrefix("hello\nafter\n") && ran.status == 4, "\(ran)")
    }

    @Test(arguments: protocols) func `commands that end at once say all they have to say, many at a time`(webSockets: String) async throws {
        let folder = try Folder()
        let cluster = try await cluster(folder, Self.sleeper)
        try await cluster.isReady("web")
        let numbers = (1...160).map(String.init)
        let said = try Program.run(
            try #require(Program.find("xargs")), ["-P", "8", "-I", "{}", "kubectl", "exec", "web", "--", "echo", "{}"],
            environment: ["KUBECTL_REMOTE_COMMAND_WEBSOCKETS": webSockets, "KUBECONFIG": "\(cluster.state)/kubeconfig"],
            input: numbers.joined(separator: "\n") + "\n")
        #expect(said.status == 0, "\(said.errors)")
        #expect(Set(said.output.split(separator: "\n").map(String.init)) == Set(numbers))
    }

    @Test func `cp carries files both ways`() async throws {
        let folder = try Folder()
        let cluster = try await cluster(folder, Self.sleeper)
        try await cluster.isReady("web")
        let here = try folder.write("here/notes", String(repeating: "some text\n", count: 100_000))
        #expect(try cluster.kubectl("cp", here, "web:/tmp/there").status == 0)
        #expect(try cluster.kubectl("cp", "web:/tmp/there", folder.path + "/back").status == 0)
        #expect(FileManager.default.contentsEqual(atPath: here, andPath: folder.path + "/back"))
    }

    @Test func `logs -f ends with the container`() async throws {
        let folder = try Folder()
        let cluster = try await cluster(
            folder, Manifest.pod("count", "for i in 1 2 3; do echo $i; sleep 0.3; done", spec: "restartPolicy: Never"))
        try await eventually("the container has begun") { try cluster.logs("count").contains("1") }
        #expect(try cluster.logs("count", "-f") == "1\n2\n3\n")
    }

    @Test func `commands end with their client and with the engine; the container does not`() async throws {
        let folder = try Folder()
        let cluster = try await cluster(folder, Self.sleeper)
        try await cluster.isReady("web")
        func begin(_ marker: String) throws -> Background {
            try cluster.background("exec", "web", "--", "sh", "-c", "sleep \(marker) & sleep \(marker)")
        }
        func sleepers(_ marker: String) -> Int { cluster.programs().values.filter { $0.hasPrefix("sleep \(marker)") }.count }

        let first = try begin("70001")
        try await eventually("the command runs") { sleepers("70001") == 2 }
        kill(first.pid, SIGKILL)
        try await eventually("the command is gone with its client") { sleepers("70001") == 0 }

        let second = try begin("70002")
        try await eventually("another runs") { sleepers("70002") == 2 }
        try await cluster.end(SIGKILL)
        #expect(try await second.status() != 0)
        try await eventually("the command is gone with the engine") { sleepers("70002") == 0 }

        let again = try await Cluster.whole(folder, ["--without", "reconciler,proxy"])
        try await again.isReady("web")
        #expect(try again.kubectl("exec", "web", "--", "echo", "still here").output == "still here\n")
        #expect(try again.logs("web") == "began\n")

        let third = try begin("70003")
        try await eventually("a third runs") { sleepers("70003") == 2 }
        #expect(try await again.end(SIGTERM) == 0)
        #expect(try await third.status() != 0)
        try await eventually("it is gone with the engine") { sleepers("70003") == 0 }
        #expect(again.programs().values.contains { $0.hasPrefix("sleep 86400") })
    }
}
