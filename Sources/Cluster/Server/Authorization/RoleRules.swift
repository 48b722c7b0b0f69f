/// The rules of one role, found by the resource that is asked for.
struct RoleRules: Sendable {
    let rules: [PolicyRule]
    /// Places in `rules` by the resource that they name: `pods`, `pods/log`, `*/scale`.
    private var byResource: [String: [Int]] = [:]
    /// Places of those that name every resource.
    private var ofAll: [Int] = []
    private var ofPaths: [Int] = []

    init(_ rules: [PolicyRule]) {
        self.rules = rules
        for (place, rule) in rules.enumerated() {
            if !rule.paths.isEmpty { ofPaths.append(place) }
            if rule.resources.contains("*") {
                ofAll.append(place)
            } else {
                for resource in Set(rule.resources) { byResource[resource, default: []].append(place) }
            }
        }
    }

    /// Whether one of the rules grants what is asked. O(rules that name its resource).
    func allow(_ request: AccessRequest) -> Bool {
        guard request.path == nil else { return ofPaths.contains { rules[$0].allows(request) } }
        if ofAll.contains(where: { rules[$0].allows(request) }) { return true }
        if let places = byResource[request.combinedResource], places.contains(where: { rules[$0].allows(request) }) { return true }
        guard !request.subresource.isEmpty, let places = byResource["*/\(request.subresource)"] else { return false }
        return places.contains { rules[$0].allows(request) }
    }
}
