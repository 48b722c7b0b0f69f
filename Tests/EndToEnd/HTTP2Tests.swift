import Foundation
import Programs
import Testing

/// The API over HTTP/2, as Go's clients and curl speak it.
@Suite(.serialized, .ownThreads) struct HTTP2Tests {
    @Test func `curl reads, writes and watches over HTTP/2, and a watch ends cleanly with the server`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state", in: folder)
        let curl = try Curl(cluster, folder)
        let read = try curl.ask("--http2", "-w", " %{http_version} %{response_code}", "\(cluster.address)/api/v1/namespaces/default")
        #expect(read.output.contains("\"kind\":\"Namespace\"") && read.output.hasSuffix(" 2 200"), "\(read.output)")
        // What does not fit into one frame is read too, when both ends know that it may be so long.
        let namespace = "\(cluster.address)/api/v1/namespaces/default"
        let long = try curl.ask(
            "--http2", "-w", " %{http_version} %{response_code} %{num_connects}\n", "-o", "/dev/null", namespace, "-o", "/dev/null",
            "\(namespace)?x=\(String(repeating: "y", count: 40_000))")
        #expect(long.output == " 2 200 1\n 2 200 0\n")
        let object = #"{"metadata":{"name":"a"},"data":{"x":"y"}}"#
        let maps = "\(cluster.address)/api/v1/namespaces/default/configmaps"
        let made = try curl.ask(
            "--http2", "-w", " %{http_version} %{response_code}", "-H", "Content-Type: application/json", "-d", object, maps)
        #expect(made.output.hasSuffix(" 2 201"), "\(made.output)")
        for version in ["--http1.1", "--http2"] {
            let bad = try curl.ask(version, "-w", " %{response_code}", "\(cluster.address)/api/v1/namespaces/%zz/pods")
            #expect(bad.output == "400 Bad Request\n 400")
        }

        // Many requests at a time over one connection.
        let many = try curl.ask(
            "--http2", "-Z", "--parallel-max", "50", "-o", "/dev/null", "-w", "%{http_version} %{response_code} %{num_connects}\n",
            "\(maps)?limit=[1-100]")
        let lines = many.output.split(separator: "\n")
        #expect(lines.count == 100 && lines.allSatisfy { $0.hasPrefix("2 200") })
        #expect(lines.count { $0.hasSuffix(" 1") } == 1)

        // kubectl does so by itself; a list of two megabytes fits through its windows.
        for index in 0..<20 {
            let file = try folder.write("long", String(repeating: "x", count: 100_000))
            #expect(try cluster.kubectl("create", "configmap", "long-\(index)", "--from-file=\(file)").status == 0)
        }
        #expect(try cluster.kubectl("get", "configmaps", "-o", "json").output.utf8.count > 2_000_000)

        let watch = try Background(curl.path, ["-s", "-N", "--http2"] + curl.trust + ["\(maps)?watch=1&fieldSelector=metadata.name%3Da"])
        try await eventually("the watch has begun") { watch.said.contains("ADDED") }
        #expect(try cluster.kubectl("label", "configmap", "a", "new=label").status == 0)
        try await eventually("it tells of a change") { watch.said.contains("MODIFIED") }
        #expect(try await cluster.end(SIGTERM) == 0)
        // Zero: the stream was ended, not cut off.
        #expect(try await watch.status() == 0)
    }
}
