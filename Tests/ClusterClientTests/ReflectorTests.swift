import ClusterAPI
import ClusterObjects
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
        #expect(state.failed(none, random: 1) == (30, true))
        #expect(state.failed(none, random: 1) == (30, false))
        state.listed("5")
        #expect(state.failed(none, random: 1) == (30, true))
    }
}
