import ClusterObjects

/// The pods that wait for a node: those to try now (most important first), those that wait out a back-off, and those that wait
/// for something in the cluster to change. Pure: time comes in.
struct SchedulingQueue: Sendable {
    private struct Entry {
        var pod: PodInfo
        var attempts = 0
        var lastTry = Timestamp(microseconds: 0)
        var rejectedBy: Set<PluginName> = []
        var parkedAt = Timestamp(microseconds: 0)
        var state = State.active
    }
    private enum State { case active, backingOff, parked, inFlight }

    private struct Ticket: Sendable {
        var priority: Int
        var serial: Int
        var uid: String

        func goesBefore(_ other: Ticket) -> Bool {
            priority == other.priority ? serial < other.serial : priority > other.priority
        }
    }

    private var entries: [String: Entry] = [:]
    private var heap: [Ticket] = []
    private var serial = 0
    private var backingOff: Set<String> = []
    private var parked: Set<String> = []
    /// Events seen while pods are being tried: they must not be missed by those.
    private var eventsInFlight: Set<ClusterEvent> = []
    private var inFlight = 0

    static let firstBackoff = 1.0
    static let longestBackoff = 10.0
    static let longestParking = 300.0

    init() {}

    /// How many wait for what.
    struct Waiting: Sendable {
        var active: Int
        var backingOff: Int
        var parked: Int
    }

    var waiting: Waiting { Waiting(active: heap.count, backingOff: backingOff.count, parked: parked.count) }
    var isEmpty: Bool { heap.isEmpty }
    func contains(_ uid: String) -> Bool { entries[uid] != nil }
    func attempts(_ uid: String) -> Int { entries[uid]?.attempts ?? 0 }

    /// A pod that is new or has changed. A change of anything but the status lets it be tried again.
    mutating func add(_ pod: PodInfo, at now: Timestamp) {
        guard var entry = entries[pod.uid] else {
            entries[pod.uid] = Entry(pod: pod)
            push(pod)
            return
        }
        let changed = entry.pod.labels != pod.labels || entry.pod.object.generation != pod.object.generation
        entry.pod = pod
        entries[pod.uid] = entry
        if changed, entry.state == .parked { release(pod.uid, at: now) }
    }

    mutating func remove(_ uid: String) {
        guard let entry = entries.removeValue(forKey: uid) else { return }
        backingOff.remove(uid)
        parked.remove(uid)
        if entry.state == .inFlight { landed() }
    }

    /// The next pod to try; it is in flight until `park`, `retry` or `remove`. O(log n).
    mutating func pop(at now: Timestamp) -> PodInfo? {
        while let ticket = popHeap() {
            guard var entry = entries[ticket.uid], entry.state == .active else { continue }
            entry.state = .inFlight
            entry.attempts += 1
            entry.lastTry = now
            entries[ticket.uid] = entry
            inFlight += 1
            return entry.pod
        }
        return nil
    }

    /// It fits nowhere: wait for an event that could change what rejected it.
    mutating func park(_ uid: String, rejectedBy plugins: Set<PluginName>, at now: Timestamp) {
        guard var entry = entries[uid], entry.state == .inFlight else { return }
        entry.rejectedBy = plugins
        entry.parkedAt = now
        entry.state = .parked
        entries[uid] = entry
        parked.insert(uid)
        let missed = plugins.isEmpty ? !eventsInFlight.isEmpty : plugins.contains { !$0.wakesOn.isDisjoint(with: eventsInFlight) }
        landed()
        if missed { release(uid, at: now) }
    }

    /// Something went wrong that has nothing to do with the cluster's state: try again after the back-off.
    mutating func retry(_ uid: String, at now: Timestamp) {
        guard var entry = entries[uid], entry.state == .inFlight else { return }
        entry.state = .parked
        entries[uid] = entry
        landed()
        release(uid, at: now)
    }

    /// Something in the cluster has changed: whoever it could help tries again, after its back-off.
    mutating func happened(_ event: ClusterEvent, at now: Timestamp) {
        if inFlight > 0 { eventsInFlight.insert(event) }
        guard !parked.isEmpty else { return }
        for uid in parked {
            guard let plugins = entries[uid]?.rejectedBy, plugins.isEmpty || plugins.contains(where: { $0.wakesOn.contains(event) })
            else { continue }
            release(uid, at: now)
        }
    }

    /// Moves those whose time has come; seconds until the next one's comes.
    mutating func tick(at now: Timestamp) -> Double? {
        for uid in parked {
            if let entry = entries[uid], now - entry.parkedAt > Self.longestParking { release(uid, at: now) }
        }
        var next: Double?
        for uid in backingOff {
            guard let entry = entries[uid] else { continue }
            let left = backoff(entry) - (now - entry.lastTry)
            if left <= 0 { activate(uid) } else { next = min(next ?? left, left) }
        }
        if !parked.isEmpty { next = min(next ?? Self.longestParking, Self.longestParking) }
        return next
    }

    private func backoff(_ entry: Entry) -> Double {
        min(Self.longestBackoff, Self.firstBackoff * Double(1 << min(max(entry.attempts - 1, 0), 10)))
    }

    private mutating func release(_ uid: String, at now: Timestamp) {
        guard var entry = entries[uid] else { return }
        parked.remove(uid)
        if now - entry.lastTry >= backoff(entry) {
            activate(uid)
        } else {
            entry.state = .backingOff
            entries[uid] = entry
            backingOff.insert(uid)
        }
    }

    private mutating func activate(_ uid: String) {
        guard var entry = entries[uid] else { return }
        backingOff.remove(uid)
        entry.state = .active
        entries[uid] = entry
        push(entry.pod)
    }

    private mutating func landed() {
        inFlight -= 1
        if inFlight == 0 { eventsInFlight = [] }
    }

    // MARK: - Heap

    private mutating func push(_ pod: PodInfo) {
        serial += 1
        heap.append(Ticket(priority: pod.priority, serial: serial, uid: pod.uid))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].goesBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func popHeap() -> Ticket? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            let left = parent * 2 + 1
            guard left < heap.count else { break }
            let right = left + 1
            let child = right < heap.count && heap[right].goesBefore(heap[left]) ? right : left
            guard heap[child].goesBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }
}
