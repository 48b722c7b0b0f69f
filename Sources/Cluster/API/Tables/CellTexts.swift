import ClusterObjects

/// Parts of objects as cells of a table show them. Source: k8s.io/kubernetes/pkg/printers/internalversion.
enum CellTexts {
    static let none = "<none>"
    static let unset = "<unset>"
    static let unknown = "<unknown>"

    /// `app=web,tier=front`, keys in order.
    static func labels(_ labels: Tree?) -> String {
        let map = labels?.stringMap ?? [:]
        if map.isEmpty { return none }
        return map.sorted { Fields.precedes($0.key, $1.key) }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// A `metav1.LabelSelector`; `<none>` when it selects everything or is absent.
    static func selector(_ selector: Tree?) -> String {
        guard let selector, selector.isObject else { return none }
        let read = LabelSelector(selector)
        if read.isEverything { return none }
        if read.matchesNothing { return "<error>" }
        return LabelSelector(read.requirements.sorted { Fields.precedes($0.key, $1.key) }).description
    }

    /// Names and images of a pod template's containers.
    static func containers(_ spec: Tree?) -> [Value] {
        let containers = Array(spec?.elements("containers") ?? Tree.noElements)
        return ["name", "image"].map { field in
            .string(containers.map { $0[field]?.string ?? "" }.joined(separator: ","))
        }
    }

    /// At most `most` of a list, and how many more there are.
    static func some(_ list: [String], most: Int, separator: String = ",", empty: String) -> String {
        if list.isEmpty { return empty }
        let shown = list.prefix(most).joined(separator: separator)
        return list.count > most ? "\(shown) + \(list.count - most) more..." : shown
    }

    /// `RWO,ROX`.
    static func accessModes(_ modes: Tree?) -> String {
        let given = Set(modes?.strings ?? [])
        let short = [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")]
        return short.filter { given.contains($0.0) }.map(\.1).joined(separator: ",")
    }

    /// The addresses of a load balancer's status, in order.
    static func loadBalancer(_ status: Tree?) -> [String] {
        let addresses = (status?["loadBalancer"]?.elements("ingress") ?? Tree.noElements).map { entry -> String in
            let ip = entry["ip"]?.string ?? ""
            return ip.isEmpty ? entry["hostname"]?.string ?? "" : ip
        }
        return Set(addresses.filter { !$0.isEmpty }).sorted(by: Fields.precedes)
    }

    /// `192.0.2.1:80`, brackets around an IPv6 address.
    static func endpoint(_ address: String, _ port: String) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    /// `deployment.apps/web` of the owner that is the controller.
    static func controller(_ object: Tree) -> String {
        let owners = object["metadata"]?.elements("ownerReferences") ?? Tree.noElements
        guard let owner = owners.first(where: { $0["controller"]?.bool == true }) else { return none }
        let group = GroupVersion(apiVersion: owner["apiVersion"]?.string ?? "")?.group ?? ""
        return "\(GroupResource(group, (owner["kind"]?.string ?? "").lowercased()))/\(owner["name"]?.string ?? "")"
    }
}

extension Tree {
    /// A text cell: the text held, or `fallback`.
    func text(_ key: String, or fallback: String = "") -> String {
        let text = self[key]?.string ?? ""
        return text.isEmpty ? fallback : text
    }

    /// A number cell; absent is 0.
    func number(_ key: String) -> Int { self[key]?.int ?? 0 }

    /// What is written, strings bare; nil when absent.
    func scalar(_ key: String) -> String? {
        guard let value = self[key], !value.isNull else { return nil }
        return value.string ?? String(decoding: value.bytes, as: UTF8.self)
    }

    /// The status of the condition of a type.
    func condition(_ type: String) -> Tree? { elements("conditions").first { $0["type"]?.string == type } }
    func holds(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }
}
