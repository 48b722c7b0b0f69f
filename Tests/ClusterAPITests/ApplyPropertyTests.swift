import ClusterAPI
import ClusterObjects
import Testing

/// What server-side apply promises, on random deployments: maps, lists keyed by one and by two fields, sets, atomic lists, scalars.
@Suite struct ApplyPropertyTests {
    private static let seeds = 0..<60
    private let now = Timestamp(seconds: 1_800_000_000)
    private let deployments: FieldManager

    init() throws {
        let name = GroupVersionResource("apps", "v1", "deployments")
        deployments = FieldManager(try #require(Registry.builtIn().resource(name)))
    }

    private func apply(_ object: Value, to live: Value?, by manager: String, force: Bool = false) throws -> Value {
        try deployments.apply(object, live: live, manager: manager, force: force, now: now)
    }

    /// The object without managedFields, keyed lists in the order of their keys: who came first shows in their order.
    private func essence(_ value: Value) -> Value {
        switch value {
        case .object(let fields):
            return .object(Fields(fields.filter { $0.key != "managedFields" }.map { ($0.key, essence($0.value)) }))
        case .array(let elements):
            let inner = elements.map(essence)
            return .array(inner.allSatisfy { $0.object != nil } ? inner.sorted { $0.jsonText < $1.jsonText } : inner.sortedIfSet)
        default: return value
        }
    }

    /// Who manages what, without times.
    private func owners(_ object: Value) -> [String: Value] {
        var result: [String: Value] = [:]
        for entry in object[path: "metadata", "managedFields"]?.array ?? [] {
            result["\(entry["manager"]?.string ?? "") \(entry["operation"]?.string ?? "")"] = entry["fieldsV1"]
        }
        return result
    }

    private let bare: Value = ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "x"]]

    /// A deployment whose parts are named after `owner`, so that those of two owners share structs and lists, but no field.
    private func some(_ owner: String, _ random: inout SplitMix) -> Value {
        func chance() -> Bool { random.next() % 2 == 0 }
        func names() -> [String] { (0..<4).filter { _ in chance() }.map { "\(owner)\($0)" } }
        func word() -> Value { .string("v\(random.next() % 3)") }
        var object = bare
        for name in names() { object[path: "metadata", "labels", name] = word() }
        let finalizers = names().map { "example.com/\($0)" }
        if !finalizers.isEmpty { object[path: "metadata", "finalizers"] = Value(finalizers) }
        var containers: [Value] = []
        for name in names() + (chance() ? ["shared"] : []) {
            var container: Value = ["name": .string(name)]
            let env = names().map { name -> Value in ["name": .string(name), "value": word()] }
            if !env.isEmpty { container["env"] = .array(env) }
            let ports = names().indices.map { index -> Value in
                let port = Value(8000 + index + (owner == "a" ? 0 : 100))
                return chance() ? ["containerPort": port] : ["containerPort": port, "protocol": "UDP"]
            }
            if !ports.isEmpty { container["ports"] = .array(ports) }
            if name != "shared" {
                if chance() { container["image"] = word() }
                if chance() { container["args"] = [word(), word()] }
                if chance() { container["resources"] = ["limits": ["cpu": "1"]] }
            }
            containers.append(container)
        }
        if !containers.isEmpty { object[path: "spec", "template", "spec", "containers"] = .array(containers) }
        if owner == "a" {
            if chance() { object[path: "spec", "replicas"] = Value(Int(random.next() % 5)) }
            if chance() { object[path: "spec", "template", "spec", "nodeSelector"] = ["zone": word()] }
        } else if chance() {
            object[path: "spec", "paused"] = .bool(chance())
        }
        return object
    }

    @Test(arguments: seeds)
    func `applying the same again changes nothing`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let (mine, theirs) = (some("a", &random), some("b", &random))
        let first = try apply(mine, to: nil, by: "one")
        #expect(try apply(mine, to: first, by: "one") == first)
        let both = try apply(theirs, to: first, by: "two")
        #expect(try apply(mine, to: both, by: "one") == both)
        #expect(try apply(theirs, to: both, by: "two") == both)
        // What another states too with the same values is no conflict, and is then managed by both.
        let shared = try apply(mine, to: both, by: "three")
        #expect(essence(shared) == essence(both))
        #expect(owners(shared)["three Apply"] == owners(both)["one Apply"])
    }

    @Test(arguments: seeds)
    func `the order of appliers of different fields does not matter`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let (mine, theirs) = (some("a", &random), some("b", &random))
        let left = try apply(theirs, to: try apply(mine, to: nil, by: "one"), by: "two")
        let right = try apply(mine, to: try apply(theirs, to: nil, by: "two"), by: "one")
        #expect(essence(left) == essence(right))
        #expect(owners(left) == owners(right))
    }

    @Test(arguments: seeds)
    func `what is no longer applied is as if it had never been`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let (mine, theirs, other) = (some("a", &random), some("b", &random), some("a", &random))
        for live in [
            deployments.update(theirs, old: nil, manager: "creator", now: now), try apply(theirs, to: nil, by: "creator"),
        ] {
            let applied = try apply(mine, to: live, by: "one")
            let dropped = try apply(bare, to: applied, by: "one")
            #expect(withoutEmpty(essence(dropped)) == withoutEmpty(essence(live)))
            #expect(owners(dropped)["one Apply"] == nil)
            // By way of something else it comes to the same.
            let detour = try apply(mine, to: try apply(other, to: live, by: "one"), by: "one")
            #expect(withoutEmpty(essence(detour)) == withoutEmpty(essence(applied)))
            #expect(owners(detour)["one Apply"] == owners(applied)["one Apply"])
        }
    }

    @Test(arguments: seeds)
    func `a change of a managed field is a conflict, and force moves it to the one who forces`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var mine = some("a", &random)
        mine[path: "spec", "replicas"] = 7
        let live = try apply(mine, to: nil, by: "one")
        var theirs = bare
        theirs[path: "spec", "replicas"] = 8
        #expect(throws: APIError.self) { try apply(theirs, to: live, by: "two") }
        let forced = try apply(theirs, to: live, by: "two", force: true)
        #expect(forced[path: "spec", "replicas"] == 8)
        #expect(owners(forced)["one Apply"]?[path: "f:spec", "f:replicas"] == nil)
        #expect(owners(forced)["two Apply"] == ["f:spec": ["f:replicas": [:]]])
        // Now the first one is the intruder.
        #expect(throws: APIError.self) { try apply(mine, to: forced, by: "one") }
    }

    /// Structs and lists that nothing is left in are the same as none.
    private func withoutEmpty(_ value: Value) -> Value {
        switch value {
        case .object(let fields):
            return .object(
                Fields(
                    fields.compactMap { key, child in
                        let rest = withoutEmpty(child)
                        return rest == .emptyObject || rest == [] ? nil : (key, rest)
                    }))
        case .array(let elements): return .array(elements.map(withoutEmpty))
        default: return value
        }
    }
}

extension [Value] {
    /// Finalizers are a set; other lists of scalars here are atomic and keep their order.
    fileprivate var sortedIfSet: [Value] {
        allSatisfy { $0.string?.hasPrefix("example.com/") == true } ? sorted { $0.jsonText < $1.jsonText } : self
    }
}
