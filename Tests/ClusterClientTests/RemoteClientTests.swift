import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Foundation
import Testing

/// The client against a real listener over TLS that answers what the test says.
@Suite struct RemoteClientTests {
    @Test func `paths, parameters, token and body are sent as Kubernetes has them`() async throws {
        try await withServer { request in
            let seen: Value = [
                "kind": "Seen", "line": .string("\(request.method) \(request.path)?\(request.query)"),
                "authorization": .string(request.headers.first(name: "authorization") ?? ""),
                "type": .string(request.headers.first(name: "content-type") ?? ""),
                "body": .string(String(decoding: request.body, as: UTF8.self)),
            ]
            return HTTPResponse(status: 200, body: .bytes(seen.json))
        } run: { client, _ in
            let got = try await client.get(.deployments, namespace: "a b", name: "web", subresource: "scale")
            #expect(got.tree["line"]?.string == "GET /apis/apps/v1/namespaces/a%20b/deployments/web/scale?")
            #expect(got.tree["authorization"]?.string == "Bearer secret")
            let applied = try await client.patch(
                .nodes, namespace: nil, name: "n", subresource: nil, patch: Patch(.apply, ["a": 1]),
                options: WriteOptions(fieldManager: "me", dryRun: true, force: true))
            #expect(applied.tree["line"]?.string == "PATCH /api/v1/nodes/n?fieldManager=me&dryRun=All&force=true")
            #expect(applied.tree["type"]?.string == "application/apply-patch+yaml")
            let deleted = try await client.delete(.pods, namespace: "x", name: "p", options: DeleteOptions(gracePeriodSeconds: 0, uid: "u"))
            #expect(
                deleted?.tree["body"]?.string
                    == #"{"apiVersion":"v1","gracePeriodSeconds":0,"kind":"DeleteOptions","preconditions":{"uid":"u"}}"#)
        }
    }

    @Test func `items of a list get back the kind that lists leave out`() async throws {
        try await withServer { _ in
            let list = #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}}]}"#
            return HTTPResponse(status: 200, body: .bytes(Array(list.utf8)))
        } run: { client, _ in
            let list = try await client.list(.pods)
            #expect(list.resourceVersion == "7")
            #expect(list.items.map(\.kind) == ["Pod"] && list.items.map(\.apiVersion) == ["v1"] && list.items.map(\.name) == ["a"])
        }
    }

    @Test func `a watch delivers events as they come, cut anywhere, and an ERROR event as its error`() async throws {
        try await withServer { request in
            #expect(request.query == "watch=true&resourceVersion=5&allowWatchBookmarks=true")
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    let lines =
                        #"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"# + "\n"
                        + #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"# + "\n"
                        + #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"# + "\n"
                    for piece in Array(lines.utf8).chunked(7) { try await writer.write(piece) }
                })
        } run: { client, _ in
            var options = ListOptions(resourceVersion: "5")
            options.allowWatchBookmarks = true
            var kinds: [WatchEvent.Kind] = []
            await #expect {
                for try await event in try await client.watch(.pods, namespace: nil, options: options) { kinds.append(event.kind) }
            } throws: { ($0 as? APIError)?.isExpired == true }
            #expect(kinds == [.added, .bookmark])
        }
    }

    @Test func `a watch that is let go of ends at the server`() async throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await withServer { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array(#"{"type":"ADDED","object":{}}"#.utf8) + [10])
                    try? await Task.sleep(for: .seconds(600))
                    end.finish()
                })
        } run: { client, _ in
            for try await _ in try await client.watch(.pods, namespace: nil, options: ListOptions()) { break }
            for await _ in ended {}
        }
    }

    @Test func `a Status is thrown as the error that it says`() async throws {
        try await withServer { _ in
            HTTPResponse(status: 404, body: .bytes(APIError.notFound(GroupResource("", "pods"), "p").status.json))
        } run: { client, _ in
            await #expect { try await client.get(.pods, namespace: "x", name: "p") } throws: {
                ($0 as? APIError)?.isNotFound == true && "\($0)" == #"pods "p" not found"#
            }
        }
    }

    @Test func `a busy server is asked again`() async throws {
        let asked = Counter()
        try await withServer { _ in
            asked.next() == 1
                ? HTTPResponse(status: 429, headers: [("Retry-After", "1")]) : HTTPResponse(status: 200, body: .bytes(Array("{}".utf8)))
        } run: { client, _ in
            _ = try await client.get(.pods, namespace: "x", name: "p")
            #expect(asked.next() == 3)
        }
    }

    @Test func `a server that is not there is a 503 naming its address`() async throws {
        let client = try RemoteClient(Kubeconfig(server: "http://127.0.0.1:1"))
        await #expect { try await client.list(.pods) } throws: {
            ($0 as? APIError)?.code == 503 && "\($0)".hasPrefix("http://127.0.0.1:1 cannot be reached: ")
        }
    }

    @Test func `a server of another authority is not trusted`() async throws {
        try await withServer { _ in
            HTTPResponse(status: 200)
        } run: { _, config in
            var foreign = config
            let other = try TemporaryDirectory()
            foreign.authority = try ClusterCA(directory: other.path).certificatePEM
            let client = try RemoteClient(foreign)
            await #expect { try await client.list(.pods) } throws: { ($0 as? APIError)?.code == 503 && "\($0)".contains("TLS") }
        }
    }
}
