import ClusterAPI
import ClusterObjects
import ClusterTransport
import Synchronization

/// One request on its way, as far as it is written down: what becomes known of it is noted, and every stage is an event in the log.
/// Source: k8s.io/apiserver/pkg/audit/request.go, pkg/endpoints/filters/audit.go.
final class AuditTrail: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case value(Value)

        /// Nil for what is none of JSON, Kubernetes' protobuf and YAML.
        func value(_ yaml: YAMLCodec?) -> Value? {
            switch self {
            case .value(let value): value
            case .bytes(let bytes) where bytes.starts(with: "k8s\0".utf8): try? ProtobufDecoder.decode(bytes)
            case .bytes(let bytes): (try? Value(parsing: bytes)) ?? (try? yaml?.parse(bytes).value)
            }
        }
    }

    /// What was sent.
    struct Call: Sendable {
        var id: String
        /// The HTTP method in lower case.
        var method: String
        /// With its query.
        var uri: String
        var userAgent: String
        var source: String
        var body: Body?
    }

    private struct State: Sendable {
        var decision = AuditPolicy.Decision()
        /// Fields of every event of this request.
        var event = Value.emptyObject
        var isReceived = false
        var isComplete = false
    }

    private let auditor: Auditor
    private let yaml: YAMLCodec?
    private let call: Call
    private let start: Timestamp
    private let state = Mutex(State())

    init(_ auditor: Auditor, _ call: Call, yaml: YAMLCodec?) {
        self.auditor = auditor
        self.call = call
        self.yaml = yaml
        start = .now
    }

    // MARK: - What becomes known

    /// It is known who asks for what: the policy decides, and the request counts as received.
    /// - Parameter version: of the resource's API; empty for a path.
    func received(_ request: AccessRequest, version: String) {
        state.withLock { state in
            state.decision = auditor.policy.decision(for: request)
            state.isReceived = true
            guard state.decision.level > .none else { return }
            var event: Value = [
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": .string(state.decision.level.rawValue),
                "auditID": .string(call.id), "requestURI": .string(call.uri), "verb": .string(request.verb),
                "user": Reviews.describe(request.user), "requestReceivedTimestamp": .string(start.microDescription),
            ]
            if !call.source.isEmpty { event["sourceIPs"] = [.string(call.source)] }
            if !call.userAgent.isEmpty { event["userAgent"] = .string(call.userAgent) }
            if request.path == nil { event["objectRef"] = AuditTrail.reference(request, version, nil) }
            write(event, .requestReceived, state.decision)
            let body = call.body?.value(yaml)
            if request.path == nil, let body { event["objectRef"] = AuditTrail.reference(request, version, body) }
            if state.decision.level >= .request, let body { event["requestObject"] = shown(body, state.decision) }
            state.event = event
        }
    }

    /// The requester acts as somebody else.
    func impersonated(_ user: UserInfo) {
        state.withLock { $0.event["impersonatedUser"] = Reviews.describe(user) }
    }

    func decided(_ decision: AccessDecision) {
        let (answer, reason) =
            switch decision {
            case .allow(let reason): ("allow", reason.description)
            case .deny(let reason), .noOpinion(let reason): ("forbid", reason)
            }
        state.withLock { state in
            state.event[path: "annotations", "authorization.k8s.io/decision"] = .string(answer)
            state.event[path: "annotations", "authorization.k8s.io/reason"] = .string(reason)
        }
    }

    // MARK: - How it ends

    /// The answer, with the trail's end bound to that of its body where it goes on.
    func answered(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers.append(("Audit-Id", call.id))
        if let upgrade = response.upgrade {
            let status = response.status
            started(status)
            response.upgrade = { stream in
                defer { self.complete(status, nil) }
                try await upgrade(stream)
            }
            return response
        }
        switch response.body {
        case .bytes(let bytes): complete(response.status, .bytes(bytes))
        case .stream(let produce):
            started(response.status)
            let status = response.status
            response.body = .stream { writer in
                defer { self.complete(status, nil) }
                try await produce(writer)
            }
        }
        return response
    }

    func started(_ status: Int) {
        state.withLock { state in
            guard state.isReceived else { return }
            var event = state.event
            event["responseStatus"] = ["metadata": .emptyObject, "code": Value(status)]
            write(event, .responseStarted, state.decision)
        }
    }

    /// Once; later calls say nothing.
    func complete(_ status: Int, _ body: @autoclosure () -> Body?) {
        let isUnknown = state.withLock { !$0.isReceived }
        // Who nobody knows is told of by what they tried.
        if isUnknown {
            received(AccessRequest(UserInfo(name: ""), call.method, path: String(call.uri.prefix { $0 != "?" })), version: "")
        }
        state.withLock { state in
            guard !state.isComplete else { return }
            state.isComplete = true
            guard state.decision.level > .none else { return }
            var event = state.event
            let value = status >= 400 || state.decision.level >= .requestResponse ? body()?.value(nil) : nil
            var outcome: Value = ["metadata": .emptyObject, "code": Value(status)]
            if let value, value["kind"] == "Status" {
                for field in ["status", "message", "reason", "details"] { outcome[field] = value[field] }
            }
            event["responseStatus"] = outcome
            if state.decision.level >= .requestResponse, let value { event["responseObject"] = shown(value, state.decision) }
            write(event, .responseComplete, state.decision)
        }
    }

    private func write(_ event: Value, _ stage: AuditStage, _ decision: AuditPolicy.Decision) {
        guard decision.level > .none, !decision.omitStages.contains(stage) else { return }
        var event = event
        event["stage"] = .string(stage.rawValue)
        event["stageTimestamp"] = .string(Timestamp.now.microDescription)
        auditor.log.write(event)
    }

    private func shown(_ object: Value, _ decision: AuditPolicy.Decision) -> Value {
        guard decision.omitsManagedFields else { return object }
        var object = object
        object[path: "metadata", "managedFields"] = nil
        if var items = object["items"]?.array {
            for index in items.indices { items[index][path: "metadata", "managedFields"] = nil }
            object["items"] = .array(items)
        }
        return object
    }

    private static func reference(_ request: AccessRequest, _ version: String, _ body: Value?) -> Value {
        let metadata = body?["metadata"]
        let name = request.name.isEmpty ? metadata?["name"]?.string ?? "" : request.name
        let namespace = request.namespace.isEmpty ? metadata?["namespace"]?.string ?? "" : request.namespace
        let fields = [
            ("resource", request.resource), ("namespace", namespace), ("name", name), ("uid", metadata?["uid"]?.string ?? ""),
            ("apiGroup", request.group), ("apiVersion", version), ("resourceVersion", metadata?["resourceVersion"]?.string ?? ""),
            ("subresource", request.subresource),
        ]
        return .object(Fields(fields.filter { !$0.1.isEmpty }.map { ($0.0, .string($0.1)) }))
    }
}
