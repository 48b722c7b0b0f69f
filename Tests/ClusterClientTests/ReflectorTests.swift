import ClusterAPI
import ClusterObjects
import ClusterTransport
import Logging
import Synchronization
import Testing

@testable import ClusterClient

@Suite struct ReflectorStateTests {
    private let expired = APIError.expired("too old")
    private let down = APIError(code: 503, reason: "ServiceUnavailable", message: "down")

    @Test func `lists first, then watches from there, and after a watch from what it saw last`() {
        var state = ReflectorState()
        #expect(state.step == .list)
        state.listed("5")
        #expect(state.step == .watch(from: "5"))
        state.saw("9")
        #expect(state.ended(random: 1) == 0)
        #expect(state.step == .watch(from: "9"))
    }

    @Test func `a server that has forgotten is listed again at once, one that forgets again is given time`() {
        var state = ReflectorState()
        state.listed("5")
        #expect(state.failed(expired, random: 1).seconds == 0)
        #expect(state.step == .list)
        state.listed("6")
        #expect(state.failed(expired, random: 1).seconds > 0)
    }

    @Test func `a server that is down is asked less and less often, from where the watch was`() {
        var state = ReflectorState()
        state.listed("5")
        let waits = (0..<9).map { _ in state.failed(down, random: 1).seconds }
        #expect(waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])
        #expect(state.failed(down, random: 0).seconds == 5)
        #expect(state.step == .watch(from: "5"))
        state.saw("6")
        #expect(state.failed(down, random: 1).seconds == 0.1)
    }

    @Test func `watches that end without an event are not opened in a hurry`() {
        var state = ReflectorState()
        state.listed("5")
        #expect((0..<3).map { _ in state.ended(random: 1) } == [0.1, 0.2, 0.4])
    }

    @Test func `a resource that is not served is empty, said once`() {
        var state = ReflectorState()
        let none = APIError.notFound(GroupResource("x", "widgets"), "")
        #expect(state.failed(none, random: 1) == .init(seconds: 30, empties: true))
        #expect(state.failed(none, random: 1) == .init(seconds: 30))
        state.listed("5")
        #expect(state.failed(none, random: 1) == .init(seconds: 30, empties: true))
    }

    @Test(arguments: [401, 403]) func `a server that goes on refusing is told of once, and again after it has answered`(code: Int) {
        let refused = APIError(code: code, reason: "Forbidden", message: "no")
        var state = ReflectorState()
        func told() -> [Bool] { (0..<5).map { _ in state.failed(refused, random: 1).tellsRefusal } }
        #expect(told() == [false, false, true, false, false])
        state.listed("5")
        #expect(told() == [false, false, true, false, false])
    }
}

/// The reflector itself, against a server that refuses.
@Suite struct ReflectorTests {
    @Test func `a refusal is written to the log with the resource, the one object wanted and the reason`() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in lines }
        let waits = Counter()
        try await withServer { _ in
            HTTPResponse(
                status: 403, headers: [("content-type", "application/json")],
                body: .bytes(
                    Array(
                        #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"may not","reason":"Forbidden","code":403}"#.utf8)
                ))
        } run: { client, _ in
            let reflector = Reflector(
                client: client, resource: .configMaps, namespace: "shop", options: ListOptions(fieldSelector: "metadata.name=page"),
                logger: logger
            ) { _ in if waits.next() == 9 { throw CancellationError() } }
            await reflector.run { _ in Issue.record("nothing is delivered") }
        }
        #expect(lines.all.count == 1, "\(lines.all)")
        let line = try #require(lines.all.first)
        for part in ["warning", "configmaps", "shop", "metadata.name=page", "may not"] { #expect(line.contains(part), "\(line)") }
    }
}

/// Keeps what is logged.
private final class Lines: LogHandler {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") } }
}
