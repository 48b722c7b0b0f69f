import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import ClusterTransport
import Foundation
import Logging
import Synchronization
import Testing

@testable import ClusterServer

@Suite struct InflightTests {
    @Test func `as many as there are seats run, as many again wait, and more are refused`() {
        var queue = InflightQueue(seats: 8)
        // One seat is the system's.
        let answers = (0..<16).map { queue.arrive($0, .other) }
        #expect(answers == Array(repeating: .start, count: 7) + Array(repeating: .wait, count: 8) + [.refuse])
        let system = queue.arrive(16, .system)
        #expect(system == .start)
        #expect(queue.running == 8)
        #expect(queue.waitingCount == 8)
    }

    @Test func `the system goes first, then whoever came first`() {
        var queue = InflightQueue(seats: 2)
        let others = (1...3).map { queue.arrive($0, .other) }
        let systems = (4...5).map { queue.arrive($0, .system) }
        #expect(others == [.start, .wait, .wait] && systems == [.start, .wait])
        let afterFirst = queue.finish(.other)
        let afterSecond = queue.finish(.system)
        #expect(afterFirst == [5] && afterSecond == [2])
        let gaveUp = [queue.giveUp(3, .other), queue.giveUp(2, .other)]
        #expect(gaveUp == [true, false])
        let rest = queue.finish(.other) + queue.finish(.system)
        #expect(rest.isEmpty && queue.running == 0)
    }

    @Test(arguments: 1...9)
    func `whatever happens, no more run than may, nobody is forgotten, and no seat is left empty while somebody may take it`(seats: Int) {
        var random = SystemRandomNumberGenerator()
        var queue = InflightQueue(seats: seats)
        var running: [(Int, InflightQueue.Priority)] = []
        var waiting: [Int: InflightQueue.Priority] = [:]
        for caller in 0..<2000 {
            let priority: InflightQueue.Priority = Bool.random(using: &random) ? .system : .other
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                switch queue.arrive(caller, priority) {
                case .start: running.append((caller, priority))
                case .wait: waiting[caller] = priority
                case .refuse: #expect(waiting.values.filter { $0 == priority }.count == queue.seats)
                }
            case 1:
                guard let index = running.indices.randomElement(using: &random) else { continue }
                for started in queue.finish(running.remove(at: index).1) {
                    running.append((started, waiting.removeValue(forKey: started) ?? .other))
                }
            default:
                guard let (one, priority) = waiting.randomElement(using: &random) else { continue }
                let gaveUp = queue.giveUp(one, priority)
                #expect(gaveUp)
                waiting[one] = nil
            }
            #expect(queue.running == running.count && running.count <= queue.seats)
            #expect(queue.waitingCount == waiting.count)
            if waiting.values.contains(.system) { #expect(running.count == queue.seats) }
        }
    }

    @Test func `what waits is done when its turn comes, and what is too much gets 429`() async throws {
        let limit = InflightLimit(seats: 1)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let first = Task { try await limit.run(.other) { () async throws(APIError) in for await _ in gate { break } } }
        while limit.count.running == 0 { await Task.yield() }
        let second = Task { try await limit.run(.other) { () async throws(APIError) in 2 } }
        while limit.count.waiting == 0 { await Task.yield() }
        let error = await refusal { try await limit.run(.other) { () async throws(APIError) in } }
        #expect(error?.code == 429 && error?.retryAfterSeconds == 1)
        // A client that goes does not keep its place.
        second.cancel()
        await #expect(throws: APIError.self) { _ = try await second.value }
        let third = Task { try await limit.run(.system) { () async throws(APIError) in 3 } }
        while limit.count.waiting == 0 { await Task.yield() }
        open.yield()
        try await first.value
        #expect(try await third.value == 3)
        #expect(limit.count == (0, 0))
    }
}

@Suite struct HealthTests {
    @Test func `health is told check by check`() async throws {
        let test = try await TestServer()
        #expect(try await test.http("GET", "/readyz", anonymous: true).text == "ok")
        let verbose = try await test.http("GET", "/readyz", query: "verbose&exclude=log&exclude=nope", anonymous: true)
        #expect(verbose.status == 200)
        #expect(
            verbose.text == """
                [+]ping ok
                [+]log excluded: ok
                [+]etcd ok
                [+]etcd-readiness ok
                [+]store-integrity ok
                warn: some health checks cannot be excluded: no matches for "nope"
                readyz check passed

                """)
        #expect(try await test.http("GET", "/livez/etcd", anonymous: true).text == "ok")
        #expect(try await test.http("GET", "/livez/nope", anonymous: true).status == 404)
        await test.store.close()
        let failed = try await test.http("GET", "/livez", anonymous: true)
        #expect(failed.status == 500)
        #expect(failed.text == "[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\nlivez check failed\n")
        #expect(try await test.http("GET", "/livez", query: "exclude=etcd", anonymous: true).text == "ok")
    }

    @Test func `requests are counted by what they ask and how they are answered`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a"))
        for name in ["a", "a", "none"] { _ = try await test.http("GET", "/api/v1/namespaces/default/configmaps/\(name)") }
        _ = try await test.http("GET", "/api/v1/namespaces/default/configmaps/a/../\u{1}made-up/x")
        _ = try await test.http("POST", "/api/v1/namespaces/default/configmaps", query: "dryRun=All", body: #"{"metadata":{"name":"b"}}"#)
        let text = try await test.http("GET", "/metrics").text
        let get =
            #"component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="GET",version="v1""#
        for line in [
            "apiserver_request_total{code=\"200\",\(get)} 2", "apiserver_request_total{code=\"404\",\(get)} 2",
            "apiserver_request_duration_seconds_count{\(get)} 4",
            "apiserver_request_duration_seconds_bucket{\(get),le=\"+Inf\"} 4",
            #"apiserver_request_total{code="201",component="apiserver",dry_run="All",group="",resource="configmaps",scope="namespace",subresource="",verb="POST",version="v1"} 1"#,
            #"apiserver_storage_objects{resource="configmaps"} 1"#, #"apiserver_current_inflight_requests{request_kind="readOnly"} 0"#,
            "# TYPE apiserver_request_duration_seconds histogram",
        ] { #expect(text.contains("\(line)\n"), "\(line)") }
        #expect(text.contains("process_resident_memory_bytes ") && !text.contains("made-up"))
        #expect(try await test.http("GET", "/metrics", anonymous: true).status == 401)
    }
}

@Suite struct EventExpiryTests {
    @Test func `events go an hour after they were last written, whatever times they claim`() async throws {
        let test = try await TestServer()
        let start = Timestamp.system().wholeSeconds
        func event(_ name: String, last: Timestamp) -> Value {
            [
                "metadata": ["name": .string(name), "namespace": "default"], "type": "Normal", "reason": "Tested",
                "involvedObject": ["kind": "Pod", "namespace": "default", "name": "a"], "lastTimestamp": .string(last.description),
            ]
        }
        let events = GroupVersionResource("", "v1", "events")
        for (name, last) in [("old", start), ("future", start + 1e6)] {
            _ = try await test.client.create(events, namespace: "default", event(name, last: last))
        }
        let time = Mutex(start)
        let expiry = EventExpiry(test.store, now: { time.withLock { $0 } })
        var due: EventExpiry.Due = [:]
        func names() async throws -> [String] { try await test.client.list(events, namespace: "default").items.map(\.name).sorted() }
        let wait = try #require(await expiry.pass(&due))
        #expect((3590...3610).contains(wait))
        time.withLock { $0 = start + 1800 }
        _ = try await test.client.create(events, namespace: "default", event("new", last: start + 1800))
        _ = await expiry.pass(&due)
        #expect(try await names() == ["future", "new", "old"])
        time.withLock { $0 = start + 3620 }
        let next = try #require(await expiry.pass(&due))
        #expect(try await names() == ["new"])
        #expect((1700...1900).contains(next))
        time.withLock { $0 = start + 9000 }
        #expect(await expiry.pass(&due) == nil)
        #expect(try await names().isEmpty)
    }
}
