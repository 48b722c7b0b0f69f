import ClusterClient
import ClusterObjects

typealias EventSubject = EventDraft.Subject

/// Which pods go first when there are too many (k8s.io/kubernetes/pkg/controller, ActivePodsWithRanks).
enum DeletionOrder {
    /// The `count` pods to delete. `siblings` are the active pods of the same owner's sets: a node that runs more of them is
    /// relieved first.
    static func firstToGo(_ pods: [Pod], count: Int, siblings: [Pod], at now: Timestamp) -> [Pod] {
        guard count < pods.count else { return pods }
        var perNode: [String: Int] = [:]
        for pod in siblings where pod.isActive { perNode[pod.nodeName, default: 0] += 1 }
        let ranked = pods.map { Ranked($0, rank: perNode[$0.nodeName] ?? 0, now: now) }
        return ranked.sorted(by: Ranked.goesBefore).prefix(count).map(\.pod)
    }

    private struct Ranked {
        var pod: Pod
        var isAssigned: Bool
        var phase: Int
        var isReady: Bool
        var cost: Int
        var rank: Int
        var readySince: Timestamp?
        var restarts: Int
        var created: Timestamp?
        var now: Timestamp

        init(_ pod: Pod, rank: Int, now: Timestamp) {
            self.pod = pod
            isAssigned = !pod.nodeName.isEmpty
            phase = ["Pending": 0, "Unknown": 1, "Running": 2][pod.phase] ?? 0
            isReady = pod.isReady
            cost = pod.deletionCost
            self.rank = rank
            readySince = pod.readySince
            restarts = pod.mostRestarts
            created = pod.object.creationTimestamp
            self.now = now
        }

        static func goesBefore(_ a: Ranked, _ b: Ranked) -> Bool {
            if a.isAssigned != b.isAssigned { return !a.isAssigned }
            if a.phase != b.phase { return a.phase < b.phase }
            if a.isReady != b.isReady { return !a.isReady }
            if a.cost != b.cost { return a.cost < b.cost }
            if a.rank != b.rank { return a.rank > b.rank }
            if a.isReady, a.readySince != b.readySince {
                return youngerGoes(a.readySince, b.readySince, a, b)
            }
            if a.restarts != b.restarts { return a.restarts > b.restarts }
            if a.created != b.created { return youngerGoes(a.created, b.created, a, b) }
            return a.pod.name < b.pod.name
        }

        /// Ages are compared on a logarithmic scale, so that not always the newest goes; within a step the uid decides.
        private static func youngerGoes(_ x: Timestamp?, _ y: Timestamp?, _ a: Ranked, _ b: Ranked) -> Bool {
            guard let x, let y else { return x == nil }
            let (left, right) = (step(a.now - x), step(a.now - y))
            return left == right ? a.pod.uid < b.pod.uid : left < right
        }

        private static func step(_ seconds: Double) -> Int {
            let nanoseconds = seconds * 1e9
            return nanoseconds < 1 ? -1 : UInt64(min(nanoseconds, 9e18)).bitWidth - UInt64(min(nanoseconds, 9e18)).leadingZeroBitCount
        }
    }
}
