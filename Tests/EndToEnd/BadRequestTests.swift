import Foundation
import Programs
import Glibc
import Testing

/// What comes in over the network and is wrong: refused in words, and nobody else notices.
@Suite(.serialized, .ownThreads) struct BadRequestTests {
    private static let alone = ["--without", "controllers,scheduler,node,proxy,reconciler"]

    /// A server, and curl as one who may do everything.
    private struct Server {
        let folder: Folder
        let cluster: Cluster

        init() async throws {
            folder = try Folder()
            let tokens = try folder.write("tokens.csv", "bad-test,tester,1,\"system:masters\"\n")
            cluster = try await Cluster(state: folder.path + "/state", alone + ["--token-auth-file", tokens])
        }

        /// The status and the body of an answer.
        func ask(_ path: String, _ arguments: [String] = []) throws -> (status: String, body: String) {
            let curl = try #require(Program.find("curl"))
            let common = ["-sk", "--max-time", "60", "-H", "Authorization: Bearer bad-test", "-w", "\n%{http_code}"]
            let lines = try Program.run(curl, common + arguments + [cluster.address + path]).output.split(
                separator: "\n", omittingEmptySubsequences: false)
            return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
        }

        func isWell() throws -> Bool {
            try ask("/readyz").status == "200" && cluster.kubectl("get", "namespace", "default", "-o", "name").status == 0
        }
    }

    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test func `what is no HTTP, no JSON or too large is refused in words, and the next request is answered`() async throws {
        let server = try await Server()
        func file(_ name: String, _ text: String) throws -> String { "@" + (try server.folder.write(name, text)) }
        let json = ["-H", "Content-Type: application/json", "-d"]
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let large = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":""# + String(repeating: "x", count: 2 << 20)
        let copies = (0..<40).map { #"{"op":"copy","from":"/metadata","path":"/metadata/x\#($0)"}"# }.joined(separator: ",")
        let cases: [(path: String, arguments: [String], status: String, says: String)] = [
            ("/livez", ["--http1.1", "-X", "BREW COFFEE"], "400", "malformed HTTP request"),
            ("/livez", ["--http1.1", "-X", "POST", "-H", "Content-Length: two"], "400", "malformed HTTP request"),
            ("/" + String(repeating: "a", count: 100_000), ["--http1.1"], "414", "longer than 65536 bytes"),
            (Self.maps, json + [try file("huge", String(repeating: "x", count: 4 << 20))], "413", "larger than 3145728 bytes"),
            (Self.maps, json + [try file("large", large + #""}}"#)], "422", "Too long"),
            (Self.maps, json + ["{"], "400", "unexpected end of JSON input"),
            (Self.maps, json + ["[]"], "400", "cannot unmarshal array"),
            (Self.maps, json + [try file("deep", #"{"a":\#(deep)}"#)], "400", "exceeded max depth"),
            (Self.maps, ["-H", "Content-Type: text/weird", "-d", "{}"], "415", "unknown format"),
            (Self.maps + "?watch=1&resourceVersion=-5", [], "400", "invalid resource version"),
            (Self.maps + "?limit=99999999999999999999", [], "400", "invalid syntax"),
            ("/api/v1/namespaces/../../etc/passwd", ["--path-as-is"], "404", "could not find"),
            (
                "/api/v1/namespaces/default",
                ["-X", "PATCH", "-H", "Content-Type: application/json-patch+json", "-d", "[\(copies)]"], "422", "rejected our request"
            ),
        ]
        for (path, arguments, status, says) in cases {
            let answer = try server.ask(path, arguments)
            #expect(
                answer.status == status && answer.body.contains(says),
                "\(path.prefix(60)) \(says): \(answer.status) \(answer.body.prefix(300))")
        }
        #expect(try server.isWell())
        #expect(try server.cluster.kubectl("get", "configmaps", "-o", "name").output.isEmpty, "nothing of it was kept")
    }

    @Test func `numbers at the end of what a field may hold are taken, and stop no controller`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state")
        let template = "{spec: {restartPolicy: Never, containers: [{name: c, image: host/true}]}}"
        let manifest = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: long}
            spec: {completions: 2147483647, backoffLimit: 2147483647, activeDeadlineSeconds: 9223372036854775807, template: \(template)}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: patient}
            spec: {terminationGracePeriodSeconds: 9223372036854775807, containers: [{name: c, image: host/true}]}
            """
        try await eventually("pods can be made") { try cluster.kubectl("get", "serviceaccount", "default").status == 0 }
        let applied = try cluster.kubectl("create", "--validate=false", "-f", "-", input: manifest)
        #expect(applied.status == 0, "\(applied.errors)")
        try await eventually("the job's pod is made") {
            try cluster.kubectl("get", "pods", "-l", "job-name=long", "-o", "name").output.contains("pod/long-")
        }
        #expect(try cluster.kubectl("delete", "pod", "patient", "--wait=false").status == 0)
        #expect(try cluster.kubectl("delete", "job", "long", "--wait=false").status == 0)
        try await cluster.end(SIGTERM)
        let again = try await Cluster(state: folder.path + "/state")
        #expect(try again.kubectl("get", "namespaces").status == 0)
    }

    @Test func `watchers that never read cost little and hold nobody up`() async throws {
        let server = try await Server()
        let curl = try #require(Program.find("curl"))
        let data = String(repeating: "x", count: 300_000)
        func write(_ step: Int) throws {
            let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big"},"data":{"step":"\#(step)","text":"\#(data)"}}"#
            let file = try server.folder.write("big.json", body)
            let (path, method) = step == 0 ? (Self.maps, "POST") : (Self.maps + "/big", "PUT")
            let answer = try server.ask(path, ["-X", method, "-H", "Content-Type: application/json", "--data-binary", "@" + file])
            #expect(["200", "201"].contains(answer.status), "\(answer.body.prefix(200))")
        }
        try write(0)
        let watchers = try (0..<20).map { _ in
            try Background(curl, ["-skN", "-H", "Authorization: Bearer bad-test", server.cluster.address + Self.maps + "?watch=1"])
        }
        try await eventually("all of them watch") { watchers.allSatisfy { $0.said.contains("ADDED") } }
        // From here on they read nothing.
        for watcher in watchers { kill(watcher.pid, SIGSTOP) }
        let before = try residentMegabytes(server.cluster.pid)
        for step in 1...60 { try write(step) }
        let after = try residentMegabytes(server.cluster.pid)
        // Kept for each of them it would be 360 MB.
        #expect(after - before < 150, "\(before) MB, then \(after) MB")
        #expect(try server.isWell())
        #expect(try await server.cluster.end(SIGTERM) == 0, "they do not hold up stopping")
    }

    private func residentMegabytes(_ pid: Int32) throws -> Int {
        let fields = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).split(separator: " ")
        return (Int(fields[1]) ?? 0) * Int(getpagesize()) >> 20
    }

    @Test func `a thousand connections that say nothing, or half a word, keep nobody out`() async throws {
        let server = try await Server()
        let port = try #require(server.cluster.address.split(separator: ":").last.flatMap { UInt16($0) })
        var sockets: [Int32] = []
        defer { sockets.forEach { close($0) } }
        for number in 0..<1000 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { break }
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            #expect(connected == 0)
            // The beginning of a TLS record.
            if number.isMultiple(of: 2) { _ = send(descriptor, [0x16, 0x03, 0x01] as [UInt8], 3, Int32(MSG_NOSIGNAL)) }
        }
        #expect(sockets.count > 500)
        #expect(try server.isWell())
        #expect(try await server.cluster.end(SIGTERM) == 0)
    }

    @Test func `a certificate of another cluster's CA is nobody here, and this cluster's is not trusted by the other's clients`()
        async throws
    {
        let folder = try Folder()
        let one = try await Cluster(state: folder.path + "/one", Self.alone)
        let other = try await Cluster(state: folder.path + "/other", Self.alone)
        let untrusted = try other.kubectl("get", "namespaces", "--server", one.address)
        #expect(untrusted.status == 1)
        #expect(untrusted.errors.contains("certificate signed by unknown authority"), "\(untrusted.errors)")
        let stranger = try other.kubectl("get", "namespaces", "--server", one.address, "--insecure-skip-tls-verify")
        #expect(stranger.status == 1 && stranger.output.isEmpty, "\(stranger)")
        #expect(try one.kubectl("get", "namespaces").status == 0)
    }
}
