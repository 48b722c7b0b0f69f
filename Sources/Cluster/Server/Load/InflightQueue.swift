/// Who may be worked on and who waits, so that a crowd neither fills the memory nor keeps the cluster's own parts out.
///
/// Knows neither requests nor clocks: a caller is a number. A caller's states: running → gone, or waiting → running → gone, or
/// waiting → gone when it gives up.
struct InflightQueue {
    enum Priority: Int, CaseIterable {
        /// The cluster's own parts and its administrators.
        case system
        case other
    }

    enum Answer: Equatable {
        case start
        case wait
        /// There are too many: come again later.
        case refuse
    }

    /// Callers worked on at a time.
    let seats: Int
    /// Seats that only system callers may take.
    let reserved: Int
    private(set) var running = 0
    private var runningOthers = 0
    /// Of each priority, oldest first.
    private var waiting: [[Int]] = Priority.allCases.map { _ in [] }

    init(seats: Int) {
        self.seats = max(1, seats)
        reserved = self.seats > 1 ? max(1, self.seats / 8) : 0
    }

    var waitingCount: Int { waiting.reduce(0) { $0 + $1.count } }

    private func hasSeat(_ priority: Priority) -> Bool {
        running < seats && (priority == .system || runningOthers < seats - reserved)
    }

    /// Somebody comes. As many may wait, of each priority, as there are seats.
    mutating func arrive(_ caller: Int, _ priority: Priority) -> Answer {
        if waiting[priority.rawValue].isEmpty, hasSeat(priority) {
            take(priority)
            return .start
        }
        guard waiting[priority.rawValue].count < seats else { return .refuse }
        waiting[priority.rawValue].append(caller)
        return .wait
    }

    private mutating func take(_ priority: Priority) {
        running += 1
        if priority == .other { runningOthers += 1 }
    }

    /// One that ran is done. Returns who starts now: the system's first, each priority in order.
    mutating func finish(_ priority: Priority) -> [Int] {
        running -= 1
        if priority == .other { runningOthers -= 1 }
        var started: [Int] = []
        for priority in Priority.allCases {
            while hasSeat(priority), !waiting[priority.rawValue].isEmpty {
                take(priority)
                started.append(waiting[priority.rawValue].removeFirst())
            }
        }
        return started
    }

    /// One that waits does no more. False when it runs already.
    mutating func giveUp(_ caller: Int, _ priority: Priority) -> Bool {
        guard let index = waiting[priority.rawValue].firstIndex(of: caller) else { return false }
        waiting[priority.rawValue].remove(at: index)
        return true
    }
}
