import Synchronization

/// The memory that bodies of requests may take, over all connections of a listener.
final class BodyBudget: Sendable {
    private let left: Atomic<Int>

    init(bytes: Int) { left = Atomic(bytes) }

    /// False when there is not so much left; nothing is taken then.
    func take(_ bytes: Int) -> Bool {
        if left.wrappingSubtract(bytes, ordering: .relaxed).newValue >= 0 { return true }
        give(bytes)
        return false
    }

    func give(_ bytes: Int) { left.wrappingAdd(bytes, ordering: .relaxed) }
}
