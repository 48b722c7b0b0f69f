import CLinux
import ClusterObjects
import Foundation
import Testing

@testable import ClusterNode

/// Real namespaces around real programs.
@Suite(.serialized) struct SandboxTests {
    @Test func `a pod's program runs in its own world and its end is on disk`() async throws {
        try await withNode { network, node in
            let directory = PodDirectory(node: node, uid: "pod-a")
            try directory.make(for: Pod(APIObject(["metadata": ["name": "a"]])))
            try await PodSandbox(directory: directory, network: network).start(
                .init(hostname: "web-0", hosts: "127.0.0.1 localhost\n", resolver: "nameserver 10.96.0.10\n", address: "10.244.0.2"))
            try TextFile.makeDirectory(directory.container("main"))
            var spec = LaunchSpec(arguments: [
                "sh", "-c",
                "hostname; cat /etc/resolv.conf; echo $$; ls /home; ip -4 -br addr show eth0; touch /tmp/x /var/y; echo bad >&2; exit 7",
            ])
            spec.environment = [("PATH", "/usr/sbin:/usr/bin:/bin")]
            spec.log = directory.log("main", attempt: 0)
            let events = try directory.client.events()
            try await directory.client.start("main", attempt: 0, spec)
            for try await event in events {
                if case .exited(_, _, let code, _, _) = event {
                    #expect(code == 7)
                    break
                }
            }
            let lines = try String(contentsOfFile: spec.log, encoding: .utf8)
            for expected in ["stdout F web-0\n", "stdout F nameserver 10.96.0.10\n", "stdout F 1\n", "10.244.0.2/24", "stderr F bad\n"] {
                #expect(lines.contains(expected), "\(lines)")
            }
            #expect(directory.record("main", attempt: 0)?.exit?.code == 7)
            #expect(directory.shim != nil)
            let shim = try #require(directory.shim)
            try await directory.client.quit()
            try await shim.ended()
            #expect(directory.shim == nil)
        }
    }

    @Test(
        .enabled(
            if: access("/usr/bin/pasta", X_OK) == 0 && access("/usr/sbin/nft", X_OK) == 0
                && access("/dev/net/tun", R_OK | W_OK) == 0))
    func `a way out is opened once and ends with the network`() async throws {
        try await withNode { network, node in
            #expect(try await network.openWayOut() == .open)
            let pasta = try #require(ProcessIdentity.running("\(node)/network/pasta"))
            #expect(try await network.openWayOut() == .open)
            #expect(ProcessIdentity.running("\(node)/network/pasta") == pasta)
            await NodeNetwork.end(directory: node)
            #expect(!pasta.isRunning)
        }
    }
}

/// A node's network in a folder of its own; keeper and shims are gone afterwards.
func withNode(_ body: (NodeNetwork, String) async throws -> Void) async throws {
    let node = NSTemporaryDirectory() + "skiff-node-" + UUID().uuidString
    try TextFile.makeDirectory(node)
    let result: Result<Void, any Error>
    do {
        let network = try await NodeNetwork.open(directory: node, podCIDR: "10.244.0.0/24", serviceCIDR: "10.96.0.0/16")
        try await body(network, node)
        result = .success(())
    } catch { result = .failure(error) }
    for directory in PodDirectory.all(node: node) { directory.shim?.kill(SIGKILL) }
    await NodeNetwork.end(directory: node)
    TextFile.remove(node)
    try result.get()
}
