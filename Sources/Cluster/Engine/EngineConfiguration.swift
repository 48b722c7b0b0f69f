import ClusterObjects
import ClusterServer

// What the command line sets of the API server.
public typealias AuthorizationMode = ClusterServer.AuthorizationMode
public typealias AuditLog = ClusterServer.AuditLog

/// The parts of an engine that may be left out, `skiff up --without`.
public enum EnginePart: String, Sendable, CaseIterable {
    case reconciler, controllers, scheduler, node, proxy
}

/// How an engine is set up. Flags that kube-apiserver and kube-controller-manager have too mean here what they mean there.
public struct EngineConfiguration: Sendable {
    public var state: StateDirectory
    public var listen = ListenAddress.standard
    public var without: Set<EnginePart> = []
    public var tokenAuthFile: String?
    /// Who is asked, in this order, whether a request is allowed.
    public var authorizationModes: [AuthorizationMode] = [.node, .rbac]
    /// kube-apiserver's `--audit-policy-file`; nil writes no audit log.
    public var auditPolicyFile: String?
    /// `-` for standard output.
    public var auditLogPath = "-"
    public var auditLogLimits = AuditLog.Limits()
    /// kube-apiserver's `--encryption-provider-config`.
    public var encryptionProviderConfig: String?
    public var serviceClusterIPRange = "10.96.0.0/16"
    /// Addresses of the pods of this node.
    public var podCIDR = "10.244.0.0/24"
    /// Where on the host node ports answer: addresses and ranges.
    public var nodePortAddresses = ["127.0.0.1"]
    public var serviceAccountIssuer: String?
    public var enabledAdmissionPlugins: Set<String> = []
    public var disabledAdmissionPlugins: Set<String> = []
    /// What is wrong with the two; nil for nothing.
    public var admissionPluginProblem: String? {
        AdmissionCatalogue.problem(enabled: enabledAdmissionPlugins, disabled: disabledAdmissionPlugins)
    }
    /// Take objects that ask for what is not enforced, see ``Unenforced``.
    public var allowsUnenforced = false
    /// `--profiling`.
    public var isProfiled = false
    /// How the API reads and writes YAML; where either is nil it speaks JSON alone.
    public var parseYAML: (@Sendable ([UInt8]) throws -> (value: Value, repeatedKeys: [String]))?
    public var printYAML: (@Sendable (Value) -> [UInt8])?
    /// Requests over HTTP that are worked on at a time.
    public var mostReads = 400
    public var mostWrites = 200
    /// Seconds that an event is kept.
    public var eventSeconds = 3600.0
    /// Seconds.
    public var nodeMonitorGracePeriod = 50.0
    public var nodeMonitorPeriod = 5.0

    public init(state: StateDirectory) { self.state = state }
}

/// Why an engine cannot start: in words for the person who started it.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
