import ClusterObjects
import ClusterTransport
import Logging
import NIOCore

/// Keeps open what the rules say: opens, updates and closes frontends as services and endpoints change.
actor ServiceProxy {
    private let scope: ProxyScope
    private let inside: any NodeSockets
    private let outside: any NodeSockets
    private let dialer: Dialer
    private let group: any EventLoopGroup
    private let logger: Logger
    private var open: [Frontend: any ProxyFrontend] = [:]
    private var owner: [Frontend: ObjectKey] = [:]
    private var frontends: [ObjectKey: Set<Frontend>] = [:]
    /// Frontends that could not be opened, said once each.
    private var complained: Set<Frontend> = []

    init(
        scope: ProxyScope, inside: any NodeSockets, outside: any NodeSockets, podNetwork: IPv4Network, group: any EventLoopGroup,
        logger: Logger
    ) {
        self.scope = scope
        self.inside = inside
        self.outside = outside
        self.group = group
        self.logger = logger
        dialer = Dialer(inside: inside, outside: outside, podNetwork: podNetwork)
    }

    /// Makes the frontends of these services what the table says. The services of which an address could not be listened on.
    @discardableResult
    func apply(_ table: ServiceTable, _ touched: Set<ObjectKey>) async -> Set<ObjectKey> {
        var failed: Set<ObjectKey> = []
        var missing: [(ObjectKey, [Frontend: FrontendRule])] = []
        // Closing first: an address may move from one service to another.
        for key in touched {
            let rules = table.rules(for: key, in: scope)
            for frontend in frontends[key] ?? [] where rules[frontend] == nil { await close(frontend, of: key) }
            if !rules.isEmpty { missing.append((key, rules)) }
        }
        for (key, rules) in missing {
            for (frontend, rule) in rules where await !set(frontend, rule, of: key) { failed.insert(key) }
        }
        return failed
    }

    func closeAll() async {
        for frontend in open.values { await frontend.close() }
        open = [:]
        owner = [:]
        frontends = [:]
    }

    private func set(_ frontend: Frontend, _ rule: FrontendRule, of key: ObjectKey) async -> Bool {
        if let present = open[frontend] {
            guard owner[frontend] == key else {
                if complained.insert(frontend).inserted {
                    logger.warning(
                        "another service answers there already",
                        metadata: [
                            "service": "\(key)", "address": "\(frontend)", "other": "\(owner[frontend].map { "\($0)" } ?? "")",
                        ])
                }
                return false
            }
            present.update(rule)
            return true
        }
        let sockets = frontend.place == .node ? inside : outside
        do {
            switch frontend.proto {
            case .tcp:
                open[frontend] = try await TCPFrontend.open(
                    frontend, rule, sockets: sockets, dialer: dialer, group: group, logger: logger)
            case .udp:
                open[frontend] = try await UDPFrontend.open(frontend, rule, sockets: sockets, dialer: dialer, group: group)
            }
            owner[frontend] = key
            frontends[key, default: []].insert(frontend)
            complained.remove(frontend)
            return true
        } catch {
            guard complained.insert(frontend).inserted else { return false }
            logger.warning(
                "the service proxy cannot listen", metadata: ["service": "\(key)", "address": "\(frontend)", "error": "\(error)"])
            return false
        }
    }

    private func close(_ frontend: Frontend, of key: ObjectKey) async {
        guard owner[frontend] == key, let present = open.removeValue(forKey: frontend) else { return }
        owner[frontend] = nil
        frontends[key]?.remove(frontend)
        if frontends[key]?.isEmpty == true { frontends[key] = nil }
        await present.close()
    }
}
