/// Chooses a backend for each connection of a frontend: in turn, or the same one for the same client.
struct Balancer: Sendable {
    private struct Memory {
        var backend: Backend
        var lastUsed: Int64
    }

    private static let mostClients = 65536

    private(set) var rule: FrontendRule
    private var turn = 0
    private var memory: [IPv4Address: Memory] = [:]

    init(_ rule: FrontendRule) { self.rule = rule }

    /// Takes over new backends; clients of those that are gone are given others.
    mutating func update(_ rule: FrontendRule) {
        let present = Set(rule.backends)
        memory = rule.affinitySeconds == nil ? [:] : memory.filter { present.contains($0.value.backend) }
        self.rule = rule
    }

    /// Whether a client may connect at all.
    func admits(_ client: IPv4Address) -> Bool { rule.sourceRanges.isEmpty || rule.sourceRanges.contains { $0.contains(client) } }

    /// - Parameters:
    ///   - tried: backends that this connection has failed to reach.
    ///   - now: seconds of a clock that only goes forward.
    mutating func pick(for client: IPv4Address, tried: Set<Backend> = [], at now: Int64) -> Backend? {
        if let seconds = rule.affinitySeconds, let known = memory[client], now - known.lastUsed <= Int64(seconds),
            !tried.contains(known.backend)
        {
            memory[client]?.lastUsed = now
            return known.backend
        }
        let count = rule.backends.count
        for step in 0..<count {
            let backend = rule.backends[(turn + step) % count]
            if tried.contains(backend) { continue }
            turn = (turn + step + 1) % count
            remember(client, backend, now)
            return backend
        }
        return nil
    }

    private mutating func remember(_ client: IPv4Address, _ backend: Backend, _ now: Int64) {
        guard let seconds = rule.affinitySeconds else { return }
        if memory.count >= Balancer.mostClients {
            memory = memory.filter { now - $0.value.lastUsed <= Int64(seconds) }
            if memory.count >= Balancer.mostClients, let any = memory.keys.first { memory[any] = nil }
        }
        memory[client] = Memory(backend: backend, lastUsed: now)
    }
}
