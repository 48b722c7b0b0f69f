/// A Service, as endpoint controllers and the proxy read it. (Not called `Service`, which is swift-service-lifecycle's.)
public struct ServiceView: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var type: String { spec?["type"]?.string ?? "ClusterIP" }
    public var clusterIP: String { spec?["clusterIP"]?.string ?? "" }
    public var isHeadless: Bool { clusterIP == "None" }
    /// Nil: endpoints are made by somebody else.
    public var selector: [String: String]? {
        guard let map = spec?["selector"]?.stringMap, !map.isEmpty else { return nil }
        return map
    }
    public var publishesNotReady: Bool { spec?["publishNotReadyAddresses"]?.bool ?? false }
    public var ports: [Tree] { spec.map { Array($0.elements("ports")) } ?? [] }
    public var ipFamilies: [String] { spec?["ipFamilies"]?.strings ?? [] }
}
