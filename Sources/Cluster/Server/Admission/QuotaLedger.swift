import ClusterAPI
import ClusterObjects
import ClusterStore
import Logging
import Synchronization

/// Admits what ResourceQuotas leave room for, however many requests come at once, and adds it to what they say is used.
/// Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota.
///
/// A request first *reserves* what it will use: that must fit beside what the quota says is used and what others have reserved. Once its
/// object is stored the charge is *committed* (the quota's status is written, for all that wait in one go), and only then the reservation
/// ends. Whoever counts the objects anew reads the quota before it counts, so that no order of the two loses a charge. A request that only
/// reservations leave no room for waits until these have ended.
final class QuotaLedger: Sendable {
    static let name = "ResourceQuota"
    private static let quotas = GroupResource("", "resourcequotas")

    /// What a request will use, by the quotas it concerns.
    struct Charge: Sendable {
        fileprivate var id: Int
        fileprivate var namespace: String
        fileprivate var amounts: [String: [String: Quantity]]
    }

    /// The reservations of a namespace.
    private struct Book {
        var reserved: [Int: Charge] = [:]
        /// Whose objects are stored.
        var stored: [Int] = []
        var isWriting = false
        var committers: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Requests that wait for room.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private struct State {
        var books: [String: Book] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let isEnabled: Bool

    init(isEnabled: Bool) { self.isEnabled = isEnabled }

    // MARK: - Reserving

    /// Reserves what a new or changed object will use; nil when that is nothing that a quota counts.
    /// - Throws: 403 when there is no room, or not known to be; 500 when a quota is damaged on disk.
    func reserve(_ object: Value, old: Value?, _ request: AdmissionRequest) async throws(APIError) -> Charge? {
        guard isEnabled, isCounted(request, isCreate: old == nil) else { return nil }
        let namespace = request.target.namespace
        var present = request.server.store.snapshot(QuotaLedger.quotas).range(namespace: namespace)
        guard present.next() != nil else { return nil }
        let demand = Demand(object.tree, old: old?.tree, request)
        while true {
            let decision = state.withLock { state in
                Result { () throws(APIError) in try reserve(demand, request, &state) }
            }
            switch try decision.get() {
            case .decided(let charge): return charge
            case .wait: await waitForRoom(namespace)
            }
        }
    }

    private func isCounted(_ request: AdmissionRequest, isCreate: Bool) -> Bool {
        let target = request.target
        guard target.resource.isNamespaced, !target.namespace.isEmpty else { return false }
        if target.resource.group.isEmpty {
            switch (target.resource.plural, target.subresource) {
            case ("events", _): return false
            case ("pods", ""): return isCreate
            case ("pods", "resize"), ("persistentvolumeclaims", "status"): return true
            case ("services", ""), ("persistentvolumeclaims", ""): return true
            default: break
            }
        }
        return isCreate && target.subresource.isEmpty
    }

    private enum Decision: Sendable {
        case decided(Charge?)
        case wait
    }

    private func reserve(_ demand: Demand, _ request: AdmissionRequest, _ state: inout State) throws(APIError) -> Decision {
        let namespace = request.target.namespace
        let reserved = state.books[namespace]?.reserved ?? [:]
        var amounts: [String: [String: Quantity]] = [:]
        for quota in try request.server.intact(QuotaLedger.quotas, namespace: namespace).map(Quota.init) {
            guard let charge = try demand.charge(on: quota, request) else { continue }
            // What others are about to use.
            let pending = reserved.values.reduce(into: [String: Quantity]()) { sum, other in
                sum.merge(other.amounts[quota.name] ?? [:]) { $0 + $1 }
            }
            if !demand.ignoresLimits {
                if let refusal = quota.refusal(of: charge, besides: [:], request) { throw refusal }
                if quota.refusal(of: charge, besides: pending, request) != nil { return .wait }
            }
            amounts[quota.name] = charge
        }
        guard !amounts.isEmpty, !request.context.options.dryRun else { return .decided(nil) }
        state.next += 1
        let charge = Charge(id: state.next, namespace: namespace, amounts: amounts)
        state.books[namespace, default: Book()].reserved[charge.id] = charge
        return .decided(charge)
    }

    private func waitForRoom(_ namespace: String) async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard let book = state.books[namespace], !book.reserved.isEmpty else { return true }
                state.books[namespace]?.waiters.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    // MARK: - Settling

    /// Gives back what was reserved for an object that was not stored.
    func cancel(_ charge: Charge?) {
        guard let charge else { return }
        close([charge.id], charge.namespace)
    }

    /// Adds the charge of a stored object to its quotas; returns when they show it.
    func commit(_ charge: Charge?, _ server: APIServer) async {
        guard let charge else { return }
        let writes = state.withLock { state in
            guard var book = state.books[charge.namespace] else { return false }
            book.stored.append(charge.id)
            let first = !book.isWriting
            book.isWriting = true
            state.books[charge.namespace] = book
            return first
        }
        if writes {
            await write(charge.namespace, server)
        } else {
            await withCheckedContinuation { continuation in
                let isClosed = state.withLock { state in
                    guard state.books[charge.namespace]?.reserved[charge.id] != nil else { return true }
                    state.books[charge.namespace]?.committers[charge.id] = continuation
                    return false
                }
                if isClosed { continuation.resume() }
            }
        }
    }

    /// Writes what is stored to the quotas, as often as more has come meanwhile.
    private func write(_ namespace: String, _ server: APIServer) async {
        while true {
            let batch = state.withLock { state -> [Charge] in
                guard var book = state.books[namespace] else { return [] }
                let batch = book.stored.compactMap { book.reserved[$0] }
                book.stored = []
                if batch.isEmpty { book.isWriting = false }
                state.books[namespace] = book
                return batch
            }
            if batch.isEmpty { break }
            var sums: [String: [String: Quantity]] = [:]
            for charge in batch {
                for (quota, amounts) in charge.amounts { sums[quota, default: [:]].merge(amounts) { $0 + $1 } }
            }
            for (quota, amounts) in sums { await add(amounts, to: quota, namespace, server) }
            close(batch.map(\.id), namespace)
        }
        state.withLock { state in
            if let book = state.books[namespace], book.reserved.isEmpty, book.waiters.isEmpty, !book.isWriting {
                state.books[namespace] = nil
            }
        }
    }

    private func close(_ ids: [Int], _ namespace: String) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard var book = state.books[namespace] else { return [] }
            var waiting = book.waiters
            book.waiters = []
            for id in ids {
                book.reserved[id] = nil
                if let committer = book.committers.removeValue(forKey: id) { waiting.append(committer) }
            }
            state.books[namespace] = book.reserved.isEmpty && !book.isWriting ? nil : book
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func add(_ amounts: [String: Quantity], to quota: String, _ namespace: String, _ server: APIServer) async {
        guard let resource = server.registry.resource(.resourceQuotas) else { return }
        let target = Target(resource, namespace: namespace, name: quota, subresource: "status")
        let user = UserInfo(name: "system:apiserver", groups: ["system:masters"])
        let context = RequestContext(user: user, userAgent: "kube-apiserver")
        do throws(APIError) {
            _ = try await server.mutate(target, context) { old, _ throws(APIError) in
                var new = old
                new[path: "metadata", "resourceVersion"] = nil
                for (name, amount) in amounts {
                    // What is limited no longer needs no count.
                    guard let used = new[path: "status", "used", name]?.string.flatMap({ Quantity($0) }) else { continue }
                    new[path: "status", "used", name] = .string((used + amount).description)
                }
                return new
            }
        } catch {
            if error.isNotFound { return }
            server.logger.warning(
                "what was admitted could not be added to its quota",
                metadata: ["quota": "\(namespace)/\(quota)", "error": "\(error)"])
        }
    }
}
