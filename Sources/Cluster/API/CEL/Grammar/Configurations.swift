extension CEL {
    /// Call stacks of rules, shared from their roots: each is a number. 0 is the empty one.
    struct RuleStacks: Sendable {
        private struct Frame: Hashable { var below: Int, returnsTo: Int }
        private var frames: [Frame] = [Frame(below: 0, returnsTo: -1)]
        private var known: [Frame: Int] = [:]

        static let empty = 0

        mutating func push(_ state: Int, on stack: Int) -> Int {
            let frame = Frame(below: stack, returnsTo: state)
            if let found = known[frame] { return found }
            frames.append(frame)
            known[frame] = frames.count - 1
            return frames.count - 1
        }

        func pop(_ stack: Int) -> (below: Int, returnsTo: Int) { (frames[stack].below, frames[stack].returnsTo) }

        /// The states of a stack, the newest first.
        func states(of stack: Int) -> [Int] {
            var result: [Int] = []
            var current = stack
            while current != RuleStacks.empty {
                result.append(frames[current].returnsTo)
                current = frames[current].below
            }
            return result
        }
    }

    /// A place in the grammar that an alternative may have led to.
    struct Configuration: Sendable, Hashable {
        struct Key: Sendable, Hashable { var state: Int, alternative: Int, stack: Int }
        var key: Key
        /// Reached by way of the end of the rule in which the decision is made.
        var leftRule = false
        /// Reached from outside the operators whose loop is decided, so that the loop is not preferred to it.
        var isOutside = false

        var state: Int { key.state }
        var alternative: Int { key.alternative }
        var stack: Int { key.stack }

        func moved(to state: Int, stack: Int? = nil) -> Configuration {
            var result = self
            result.key.state = state
            if let stack { result.key.stack = stack }
            return result
        }
    }

    /// Configurations without repetition, in the order in which they were found.
    struct Configurations: Sendable, Hashable {
        private(set) var all: [Configuration] = []
        private var places: [Configuration.Key: Int] = [:]

        mutating func add(_ new: Configuration) {
            if let place = places[new.key] {
                all[place].leftRule = all[place].leftRule || new.leftRule
                all[place].isOutside = all[place].isOutside || new.isOutside
            } else {
                places[new.key] = all.count
                all.append(new)
            }
        }

        static func == (left: Configurations, right: Configurations) -> Bool { left.all == right.all }
        func hash(into hasher: inout Hasher) { hasher.combine(all) }

        /// The alternative that all of them have, if they agree.
        var alternative: Int? {
            guard let first = all.first?.alternative, all.allSatisfy({ $0.alternative == first }) else { return nil }
            return first
        }

        /// The first alternative that reached the end of the rule in which the decision is made.
        func finished(_ network: GrammarNetwork) -> Int? {
            all.filter {
                $0.leftRule || (network.states[$0.state].kind == .ruleStop && $0.stack == RuleStacks.empty)
            }.map(\.alternative).min()
        }

        /// The alternatives that led to the same place with the same stacks, a set for each such place.
        ///
        /// - Parameter emptyIsAny: an empty stack stands for every stack.
        func conflicts(_ stacks: RuleStacks, emptyIsAny: Bool) -> [Set<Int>] {
            var found: [Configuration.Key: Set<Int>] = [:]
            for configuration in all {
                found[Configuration.Key(state: configuration.state, alternative: configuration.alternative, stack: 0), default: []]
                    .insert(configuration.stack)
            }
            struct Place: Hashable { var state: Int, stacks: Set<Int> }
            var result: [Place: Set<Int>] = [:]
            for (key, held) in found {
                let distinct = emptyIsAny && held.count > 1 ? Configurations.withoutImplied(held, stacks) : held
                result[Place(state: key.state, stacks: distinct), default: []].insert(key.alternative)
            }
            return Array(result.values)
        }

        /// Stacks without those that a shorter one, which may go on in any way, stands for.
        private static func withoutImplied(_ held: Set<Int>, _ stacks: RuleStacks) -> Set<Int> {
            let spelled = held.map { ($0, stacks.states(of: $0)) }
            return held.filter { stack in
                let states = stacks.states(of: stack)
                return !spelled.contains { other, shorter in
                    other != stack && shorter.count < states.count && states.starts(with: shorter)
                }
            }
        }
    }
}
