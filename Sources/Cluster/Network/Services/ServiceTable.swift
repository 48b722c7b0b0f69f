import ClusterClient
import ClusterObjects

/// The services and endpoints of the cluster as the proxy and DNS need them.
///
/// A change costs in proportion to the endpoints of the services that it touches.
struct ServiceTable: Sendable {
    struct Endpoint: Sendable, Hashable {
        var address: IPv4Address
        var hostname: String
        var nodeName: String
        var isReady: Bool
        /// Still answers, but is on its way out.
        var isServingToTheEnd: Bool
    }

    struct Port: Sendable, Hashable {
        var name: String
        var number: UInt16
        var proto: String
    }

    struct Slice: Sendable {
        var service: ObjectKey
        var endpoints: [Endpoint]
        var ports: [Port]
    }

    private(set) var services: [ObjectKey: ServiceView] = [:]
    private var slices: [ObjectKey: Slice] = [:]
    private var slicesOfService: [ObjectKey: Set<ObjectKey>] = [:]
    private var byClusterIP: [IPv4Address: ObjectKey] = [:]
    private var servicesIn: [String: Int] = [:]

    init() {}

    // MARK: - Changes; each says which services it touches

    mutating func applyServices(_ event: Reflector.Event) -> Set<ObjectKey> {
        switch event {
        case .listed(let objects, _):
            var touched = Set(services.keys)
            for key in touched { setService(key, nil) }
            for object in objects {
                setService(object.key, ServiceView(object))
                touched.insert(object.key)
            }
            return touched
        case .changed(let change):
            if change.kind == .bookmark { return [] }
            setService(change.object.key, change.kind == .deleted ? nil : ServiceView(change.object))
            return [change.object.key]
        }
    }

    mutating func applySlices(_ event: Reflector.Event) -> Set<ObjectKey> {
        switch event {
        case .listed(let objects, _):
            var touched: Set<ObjectKey> = []
            for key in Array(slices.keys) { touched.formUnion(setSlice(key, nil)) }
            for object in objects { touched.formUnion(setSlice(object.key, Slice(object))) }
            return touched
        case .changed(let change):
            if change.kind == .bookmark { return [] }
            return setSlice(change.object.key, change.kind == .deleted ? nil : Slice(change.object))
        }
    }

    private mutating func setService(_ key: ObjectKey, _ service: ServiceView?) {
        if let old = services[key] {
            if let address = IPv4Address(old.clusterIP), byClusterIP[address] == key { byClusterIP[address] = nil }
            servicesIn[key.namespace, default: 1] -= 1
            if servicesIn[key.namespace] == 0 { servicesIn[key.namespace] = nil }
        }
        services[key] = service
        guard let service else { return }
        servicesIn[key.namespace, default: 0] += 1
        if let address = IPv4Address(service.clusterIP) { byClusterIP[address] = key }
    }

    private mutating func setSlice(_ key: ObjectKey, _ slice: Slice?) -> Set<ObjectKey> {
        var touched: Set<ObjectKey> = []
        if let old = slices[key] {
            touched.insert(old.service)
            slicesOfService[old.service]?.remove(key)
            if slicesOfService[old.service]?.isEmpty == true { slicesOfService[old.service] = nil }
        }
        slices[key] = slice
        if let slice {
            touched.insert(slice.service)
            slicesOfService[slice.service, default: []].insert(key)
        }
        return touched
    }

    // MARK: - Questions

    func slices(of service: ObjectKey) -> [Slice] {
        // In a fixed order, so that equal states give equal rules.
        (slicesOfService[service] ?? []).sorted { $0.name < $1.name }.compactMap { slices[$0] }
    }

    func service(at address: IPv4Address) -> ObjectKey? { byClusterIP[address] }

    func hasServices(in namespace: String) -> Bool { servicesIn[namespace] != nil }
}

extension ServiceTable.Slice {
    /// Nil for slices of no service and for those of names or IPv6 addresses.
    init?(_ object: APIObject) {
        guard object.tree["addressType"]?.string == "IPv4", let name = object.labels["kubernetes.io/service-name"], !name.isEmpty else {
            return nil
        }
        service = ObjectKey(namespace: object.namespace, name: name)
        endpoints = (object.tree["endpoints"]?.elements).map { $0.flatMap(ServiceTable.Slice.endpoints) } ?? []
        ports = (object.tree["ports"]?.elements).map { $0.compactMap(ServiceTable.Slice.port) } ?? []
    }

    private static func endpoints(_ tree: Tree) -> [ServiceTable.Endpoint] {
        let conditions = tree["conditions"]
        // Absent says ready; serving is what ready says when it is absent itself.
        let ready = conditions?["ready"]?.bool ?? true
        let serving = conditions?["serving"]?.bool ?? ready
        let terminating = conditions?["terminating"]?.bool ?? false
        return (tree["addresses"]?.strings ?? []).compactMap { IPv4Address($0) }.map {
            ServiceTable.Endpoint(
                address: $0, hostname: tree["hostname"]?.string ?? "", nodeName: tree["nodeName"]?.string ?? "", isReady: ready,
                isServingToTheEnd: serving && terminating)
        }
    }

    private static func port(_ tree: Tree) -> ServiceTable.Port? {
        guard let number = tree["port"]?.int.flatMap({ UInt16(exactly: $0) }), number > 0 else { return nil }
        return ServiceTable.Port(name: tree["name"]?.string ?? "", number: number, proto: tree["protocol"]?.string ?? "TCP")
    }
}
