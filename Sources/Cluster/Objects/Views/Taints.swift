/// A toleration of a pod.
public struct Toleration: Sendable, Hashable {
    public var key: String
    public var exists: Bool
    public var value: String
    /// Empty for every effect.
    public var effect: String
    /// How long a `NoExecute` taint is put up with; nil for ever.
    public var seconds: Int?

    public init(_ tree: Tree) {
        key = tree["key"]?.string ?? ""
        exists = tree["operator"]?.string == "Exists"
        value = tree["value"]?.string ?? ""
        effect = tree["effect"]?.string ?? ""
        seconds = tree["tolerationSeconds"]?.int
    }

    public func tolerates(_ taint: Taint) -> Bool {
        (effect.isEmpty || effect == taint.effect) && (key.isEmpty ? exists : key == taint.key) && (exists || value == taint.value)
    }
}

/// A taint of a node.
public struct Taint: Sendable, Hashable {
    public var key: String
    public var value: String
    public var effect: String

    public init(key: String, value: String = "", effect: String) {
        self.key = key
        self.value = value
        self.effect = effect
    }

    public init(_ tree: Tree) {
        self.init(key: tree["key"]?.string ?? "", value: tree["value"]?.string ?? "", effect: tree["effect"]?.string ?? "")
    }

    /// Whether pods that do not tolerate it are kept away.
    public var repels: Bool { effect == "NoSchedule" || effect == "NoExecute" }
}
