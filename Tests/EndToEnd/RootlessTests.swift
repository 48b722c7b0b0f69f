import Foundation
import Programs
import Testing

/// The same without root. As root the tests become somebody else for this; else they are somebody else already.
@Suite(.serialized, .ownThreads) struct RootlessTests {
    private static let nobody = 65534

    /// A folder that belongs to nobody, with a copy of skiff that nobody may run.
    private func place() throws -> (folder: Folder, binary: String) {
        let folder = try Folder()
        let binary = folder.path + "/skiff"
        try FileManager.default.copyItem(atPath: Program.skiff, toPath: binary)
        guard geteuid() == 0 else { return (folder, binary) }
        try FileManager.default.createDirectory(atPath: folder.path + "/state", withIntermediateDirectories: true)
        for path in ["", "/skiff", "/state"] {
            try FileManager.default.setAttributes(
                [.ownerAccountID: RootlessTests.nobody, .groupOwnerAccountID: RootlessTests.nobody, .posixPermissions: 0o755],
                ofItemAtPath: folder.path + path)
        }
        return (folder, binary)
    }

    private var launcher: [String] {
        geteuid() == 0
            ? ["setpriv", "--reuid=\(RootlessTests.nobody)", "--regid=\(RootlessTests.nobody)", "--clear-groups", "--inh-caps=-all"] : []
    }

    @Test func `pods, services and names work without root`() async throws {
        let (folder, binary) = try place()
        let cluster = try await Cluster.whole(folder, launcher: launcher, binary: binary)
        try cluster.apply(Manifest.servers("web", replicas: 3))
        try cluster.apply(Manifest.service("web", app: "web", "type: NodePort"))
        #expect(try cluster.kubectl("create", "configmap", "page", "--from-literal=text=hello").status == 0)
        try await eventually("three servers bind port 80") { try cluster.get("deployment web", ".status.readyReplicas") == "3" }
        let curl = try #require(Program.find("curl"))
        let port = try cluster.get("service web", ".spec.ports[0].nodePort")
        var seen: Set<String> = []
        try await eventually("all three answer on the node port") {
            seen.insert(try Program.run(curl, ["-s", "-m", "3", "http://127.0.0.1:\(port)/"]).output)
            return seen.subtracting([""]).count == 3
        }
        let said = try await cluster.ask(
            "id -u; cat /page/text; echo; curl -s -m 5 http://web.default/ | cut -c1-4; touch /usr/x 2>/dev/null || echo read-only; echo x > /etc/x && cat /etc/x; touch /kept/y && ls /kept",
            spec: """
                volumes: [{name: page, configMap: {name: page}}, {name: kept, emptyDir: {}}]
                """, container: "volumeMounts: [{name: page, mountPath: /page}, {name: kept, mountPath: /kept}]")
        #expect(said == "0\nhello\nweb-\nread-only\nx\ny\n")
        // They are root to themselves and nobody to the machine.
        let server = try #require(cluster.programs().keys.first)
        let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(server)")[.ownerAccountID] as? Int
        #expect(owner == (geteuid() == 0 ? RootlessTests.nobody : Int(geteuid())))

        // Killed and started again: the same processes. Then a container dies, and it all stops.
        let before = Set(cluster.programs().keys)
        try await cluster.end(SIGKILL)
        let second = try await Cluster.whole(folder, launcher: launcher, binary: binary)
        try await eventually("the engine has its pods") { try second.get("deployment web", ".status.readyReplicas") == "3" }
        #expect(Set(second.programs().keys) == before)
        let victim = try #require(before.first)
        kill(victim, SIGKILL)
        try await eventually("it is restarted") {
            try second.get("pods -l app=web", ".items[*].status.containerStatuses[0].restartCount").contains("1")
        }
        #expect(try await second.end(SIGINT) == 0)
        #expect(second.shims().isEmpty)
        #expect(second.keeper == nil)
        // This machine may keep its way out to itself.
        let warnings = second.said.split(separator: "\n").filter { $0.contains("warning") && !$0.contains("/dev/net/tun") }
        #expect(warnings.isEmpty, "\(warnings)")
    }

    @Test func `what runs for a state directory ends when that is removed`() async throws {
        let (folder, binary) = try place()
        let cluster = try await Cluster.whole(folder, launcher: launcher, binary: binary)
        try cluster.apply(Manifest.pod("web", "exec sleep 1000"))
        try await cluster.isReady("web")
        try await cluster.end(SIGKILL)
        let left = cluster.processes
        #expect(left.count >= 3)
        try cluster.forget()
        try await eventually("nothing of it runs") { left.allSatisfy { !Processes.isAlive($0) } }
    }

    @Test func `where user namespaces are forbidden up says what forbids them and how to allow them`() async throws {
        let (folder, binary) = try place()
        // A user namespace in which no further ones are allowed, left with no privileges over it.
        let forbid = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all \"$@\""
        let line =
            launcher + ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", forbid, "sh"]
            + [binary, "up", "--state-dir", folder.path + "/state", "--listen", "127.0.0.1:0", "--without", "reconciler"]
        let outcome = try Program.run(try #require(Program.find(line[0])), Array(line.dropFirst()))
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains(
                "this kernel forbids user namespaces: user.max_user_namespaces is 0; "
                    + "`sudo sysctl user.max_user_namespaces=15000` allows them, or run skiff as root"), "\(outcome.errors)")
    }

    /// Starts a cluster that sees other files in the place of some.
    private func cluster(_ folder: Folder, hiding paths: [String], with other: String = "/dev/null") async throws -> Cluster {
        let hide = "other=$1; shift; for p in \(paths.joined(separator: " ")); do [ -e $p ] && mount --bind $other $p; done; exec \"$@\""
        return try await Cluster.whole(folder, launcher: ["unshare", "-m", "sh", "-c", hide, "sh", other])
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can hide a program"),
        arguments: [("pasta", "passt"), ("nft", "nftables")].filter { $0.0 == "pasta" || Program.find("pasta") != nil })
    func `without a program of the way out pods reach nothing outside, and it is said once`(program: String, package: String) async throws {
        let folder = try Folder()
        let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin"].map { "\($0)/\(program)" }
        let cluster = try await cluster(folder, hiding: places)
        let notice = "pods reach nothing outside the cluster; for that install \(program) (package \(package)) and start again"
        try await eventually("it is said") { cluster.said.contains(notice) }
        #expect(cluster.said.components(separatedBy: notice).count == 2)
        #expect(try await cluster.ask("getent hosts kubernetes | cut -d' ' -f1") == "10.96.0.1\n")
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can hide a device"),
        .enabled(if: Program.find("pasta") != nil && Program.find("nft") != nil, "the way out needs pasta and nft"))
    func `why pasta has ended is said, and pods run without it`() async throws {
        let folder = try Folder()
        // A device, but not the one that makes interfaces.
        let cluster = try await cluster(folder, hiding: ["/dev/net/tun"], with: "/dev/null")
        try await eventually("it is said") { cluster.said.contains("pods reach nothing outside the cluster") }
        #expect(cluster.said.contains("pasta has ended: "), "\(cluster.said)")
        #expect(try await cluster.ask("getent hosts kubernetes | cut -d' ' -f1") == "10.96.0.1\n")
        #expect(Processes.running("\(cluster.state)/node/network/pasta") == nil)
    }
}
