/// Tells a peer that is slow from one that is stuck: looked at once a period, it must have taken enough since. Connections of HTTP/1.1,
/// of HTTP/2 and streams of that are all measured with it.
///
/// What has left is compared, not what waits: more may be written meanwhile, so that as much waits as before.
struct SlowReader {
    private let enough: Int
    private var sent = 0

    init(_ limits: HTTPLimits) { enough = limits.slowestReader * Int(limits.requestSeconds) }

    /// A period begins.
    /// - Parameter sent: bytes that have left so far.
    mutating func begin(sent: Int) { self.sent = sent }

    /// At the end of a period, with which the next begins: false when too little has left.
    mutating func hasTakenEnough(sent now: Int) -> Bool {
        defer { sent = now }
        return now - sent >= enough
    }
}
