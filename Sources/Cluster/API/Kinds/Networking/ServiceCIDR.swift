import ClusterObjects

extension Kinds {
    /// Ranges of service addresses, one of each family. Source: pkg/apis/networking/validation, pkg/registry/networking/servicecidr.
    static func serviceCIDR(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.validate = { checkRanges($0) }
        resource.rules.validateUpdate = { new, old, subresource in
            guard subresource.isEmpty else { return [] }
            return changedRanges(new, old)
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
    /// A range stays; one of the other family may join it.
    private static func changedRanges(_ new: Value, _ old: Value) -> [Problem] {
        let (wanted, before) = (new["spec"]?["cidrs"]?.strings ?? [], old["spec"]?["cidrs"]?.strings ?? [])
        let joins = before.count == 1 && wanted.count == 2
        guard joins || wanted.count == before.count else { return [.invalid(ranges, Value(wanted), [Problem].immutable)] }
        let changed = zip(wanted, before).enumerated().filter { $0.element.0 != $0.element.1 }
        return changed.map { .invalid(ranges.index($0.offset), .string($0.element.0), [Problem].immutable) }
            + (joins ? checkRanges(new) : [])
    }
}
