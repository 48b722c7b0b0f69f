import Testing

@testable import ClusterTransport

/// How much a peer must take of what it is sent.
@Suite struct SlowReaderTests {
    @Test func `what has left in a period counts, however much was written meanwhile`() {
        var limits = HTTPLimits()
        (limits.slowestReader, limits.requestSeconds) = (100, 10)
        var reader = SlowReader(limits)
        reader.begin(sent: 5000)
        let first = reader.hasTakenEnough(sent: 6000)
        let second = reader.hasTakenEnough(sent: 9000)
        // Each period is looked at by itself: what was taken before does not help.
        let third = reader.hasTakenEnough(sent: 9999)
        #expect(first && second && !third)
    }
}
