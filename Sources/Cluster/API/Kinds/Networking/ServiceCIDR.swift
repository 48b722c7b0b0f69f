import ClusterObjects

extension Kinds {
    /// Ranges of service addresses, one of each family. Source: pkg/apis/networking/validation, pkg/registry/networking/servicecidr.
    static func serviceCIDR(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.validate = { checkRanges($0) }
        resource.rules.validateUpdate = { new, old, subresource in
            guard subresource.isEmpty else { return [] }
            var problems: [Problem] = []
            problems.immutable(new[path: "spec", "cidrs"], old[path: "spec", "cidrs"], ranges)
            return problems
        }
    }

    private static let ranges = FieldPath("spec", "cidrs")

    private static func checkRanges(_ object: Value) -> [Problem] {
        let texts = object.part("spec")?["cidrs"]?.strings ?? []
        guard !texts.isEmpty else { return [.required(ranges, "at least one CIDR required")] }
        let shown: Value = ["CIDRs": Value(texts)]
        guard texts.count <= 2 else { return [.invalid(ranges, shown, "may only hold up to 2 values")] }
        let families = Set(texts.map { IPRange($0)?.address.isIPv4 })
        guard texts.count < 2 || families == [true, false] else {
            let hint = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
            return [.invalid(ranges, shown, hint)]
        }
        var problems: [Problem] = []
        for (index, text) in texts.enumerated() { problems.add(ranges.index(index), text, Formats.cidr(text)) }
        return problems
    }
}
