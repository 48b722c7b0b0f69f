import ClusterAPI
import ClusterObjects

extension QuotaLedger {
    /// What a request asks of quotas.
    struct Demand: Sendable {
        private let object: Tree
        private let old: Tree?
        private let resource: GroupResource
        private let usage: [String: Quantity]
        private let previous: [String: Quantity]
        /// What a status reports is counted, never refused.
        let ignoresLimits: Bool

        init(_ object: Tree, old: Tree?, _ request: AdmissionRequest) {
            self.object = object
            self.old = old
            let resource = request.target.resource.groupResource
            self.resource = resource
            ignoresLimits = request.target.subresource == "status"
            usage = QuotaUsage.of(object, resource, now: request.context.now)
            previous = old.map { QuotaUsage.of($0, resource, now: request.context.now) } ?? [:]
        }

        /// What is added to a quota's use; nil when it does not concern the object, or nothing is added.
        func charge(on quota: Quota, _ request: AdmissionRequest) throws(APIError) -> [String: Quantity]? {
            let names = QuotaUsage.names(quota.hard.keys, of: resource)
            guard !names.isEmpty, quota.scope.includes(object, resource) else { return nil }
            if resource == GroupResource("", "pods"), let missing = QuotaUsage.missing(names, in: object) {
                throw Quota.forbidden(request, "failed quota: \(quota.name): must specify \(missing)")
            }
            guard names.allSatisfy({ quota.used[$0] != nil }) else {
                throw Quota.forbidden(
                    request, "status unknown for quota: \(quota.name), resources: \(names.sorted().joined(separator: ","))")
            }
            let negative = usage.filter { $0.value.isNegative }.keys.sorted()
            guard negative.isEmpty else {
                throw Quota.forbidden(request, "quota usage is negative for resource(s): \(negative.joined(separator: ","))")
            }
            // What the quota counted of the object before is not counted again.
            let before = old.map { quota.scope.includes($0, resource) ? previous : [:] } ?? [:]
            var added: [String: Quantity] = [:]
            for name in names {
                guard let amount = usage[name] else { continue }
                let more = amount - (before[name] ?? .zero)
                if !more.isZero, !more.isNegative { added[name] = more }
            }
            return added.isEmpty ? nil : added
        }
    }

    /// A ResourceQuota as its status has it.
    struct Quota: Sendable {
        let name: String
        let hard: [String: Quantity]
        let used: [String: Quantity]
        let scope: QuotaScope

        init(_ tree: Tree) {
            name = tree[path: "metadata", "name"]?.string ?? ""
            hard = (tree[path: "status", "hard"]?.stringMap ?? [:]).compactMapValues { Quantity($0) }
            used = (tree[path: "status", "used"]?.stringMap ?? [:]).compactMapValues { Quantity($0) }
            scope = QuotaScope(tree["spec"])
        }

        /// Why a charge does not fit beside what is used and pending; nil when it does.
        func refusal(of charge: [String: Quantity], besides pending: [String: Quantity], _ request: AdmissionRequest) -> APIError? {
            let exceeded = charge.keys.sorted().filter { name in
                guard let most = hard[name], let amount = charge[name] else { return false }
                return most < (used[name] ?? .zero) + (pending[name] ?? .zero) + amount
            }
            if exceeded.isEmpty { return nil }
            func text(_ list: [String: Quantity]) -> String {
                exceeded.map { "\($0)=\(list[$0] ?? .zero)" }.joined(separator: ",")
            }
            return Quota.forbidden(
                request, "exceeded quota: \(name), requested: \(text(charge)), used: \(text(used)), limited: \(text(hard))")
        }

        static func forbidden(_ request: AdmissionRequest, _ why: String) -> APIError {
            .forbidden(request.target.resource.groupResource, request.target.name, why)
        }
    }
}
