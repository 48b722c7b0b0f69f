import ClusterClient
import ClusterObjects
import Logging
import Synchronization

/// What the workers of all pods of a node share.
final class PodContext: Sendable {
    let configuration: NodeConfiguration
    let network: NodeNetwork
    let client: any Client
    let recorder: EventRecorder
    let logger: Logger
    let nodeResources: [String: Quantity]
    private let addresses: Mutex<AddressPool>

    init(
        _ configuration: NodeConfiguration, network: NodeNetwork, client: any Client, recorder: EventRecorder, logger: Logger,
        nodeResources: [String: Quantity]
    ) {
        self.configuration = configuration
        self.network = network
        self.client = client
        self.recorder = recorder
        self.logger = logger
        self.nodeResources = nodeResources
        var pool = AddressPool(network.range)
        for directory in PodDirectory.all(node: configuration.directory) {
            if let address = directory.address { pool.reserve(address) }
        }
        addresses = Mutex(pool)
    }

    func takeAddress() -> String? { addresses.withLock { $0.take() } }
    func giveBack(_ address: String) { addresses.withLock { $0.giveBack(address) } }

    func directory(of pod: Pod) -> PodDirectory { PodDirectory(node: configuration.directory, uid: pod.uid) }

    func tell(_ pod: Pod, _ kind: EventDraft.Kind, _ reason: String, _ message: String, container: String? = nil) {
        var subject = EventDraft.Subject(pod.object, apiVersion: "v1", kind: "Pod")
        if let container {
            let isInit = pod.initContainers.contains { $0.name == container }
            subject.fieldPath = "spec.\(isInit ? "initContainers" : "containers"){\(container)}"
        }
        recorder.record(EventDraft(subject, kind, reason, message))
    }

    func names(of pod: Pod) -> PodNames {
        PodNames(
            pod: pod, clusterDNS: configuration.clusterDNS, clusterDomain: configuration.clusterDomain,
            hostResolver: TextFile.read("/etc/resolv.conf") ?? "", nodeName: configuration.name)
    }

    func fields(of pod: Pod, address: String?) -> PodFields {
        PodFields(
            pod: pod, address: address ?? network.gateway, nodeAddress: configuration.address, nodeResources: nodeResources)
    }

    func volumes(of pod: Pod) -> PodVolumes {
        PodVolumes(pod: pod, directory: directory(of: pod), reader: ClusterReader(client: client, namespace: pod.namespace))
    }

    func runner(for pod: Pod, address: String?) -> ProbeRunner {
        ProbeRunner(client: directory(of: pod).client, network: network, address: address ?? network.gateway)
    }
}
