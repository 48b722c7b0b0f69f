import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

/// Secrets that hold a token of a service account.
struct TokenSecretTests {
    private let controller = TokenSecrets(certificate: "PEM") { secret, account, uid in "token of \(secret) for \(account) \(uid)" }

    private func account(_ uid: String) -> APIObject {
        APIObject(["metadata": ["name": "robot", "namespace": "d", "uid": Value(uid)]])
    }

    private func secret(type: String = "kubernetes.io/service-account-token", uid: String? = nil, data: Value? = nil) -> APIObject {
        var annotations: Value = ["kubernetes.io/service-account.name": "robot"]
        if let uid { annotations["kubernetes.io/service-account.uid"] = Value(uid) }
        return APIObject([
            "metadata": ["name": "s", "namespace": "d", "uid": "us", "resourceVersion": "1", "annotations": annotations],
            "type": Value(type), "data": data ?? .null,
        ])
    }

    private func decide(
        _ secret: APIObject, _ accounts: [APIObject], answer: Result<[APIObject], APIFailure>? = nil
    ) -> Decision {
        let cluster = Table(contents: [.secrets: [secret], .serviceAccounts: accounts])
        var request = Reconciliation(key: secret.key, cluster: cluster, now: Make.start)
        for lookup in controller.lookups(for: secret.key, in: cluster) { request.answers[lookup] = answer }
        return controller.reconcile(request)
    }

    @Test func `a Secret gets its account's token, once`() throws {
        let decision = decide(secret(), [account("u1")])
        #expect(decision.changes == ["update s"])
        guard case .update(_, _, let written)? = decision.steps.first?.first?.action else { return }
        let data = written["data"]
        #expect(data?["token"] == Value(Base64.encode(Array("token of d/s for robot u1".utf8))))
        #expect(data?["ca.crt"] == Value(Base64.encode(Array("PEM".utf8))))
        #expect(data?["namespace"] == Value(Base64.encode(Array("d".utf8))))
        #expect(written[path: "metadata", "annotations", "kubernetes.io/service-account.uid"] == "u1")
        #expect(decide(APIObject(written), [account("u1")]).changes == [])
        #expect(decide(secret(type: "Opaque"), [account("u1")]).changes == [])
    }

    @Test func `it goes with the account, when the server says that this is gone`() {
        let missing = APIFailure(code: 404, reason: "NotFound", message: "gone")
        #expect(decide(secret(), [], answer: .failure(missing)).changes == ["delete s"])
        #expect(decide(secret(uid: "u1"), [account("u2")], answer: .success([account("u2")])).changes == ["delete s"])
        #expect(decide(secret(), [], answer: .success([account("u1")])).changes == ["update s"], "the cache lags behind")
        let failing = decide(secret(), [], answer: .failure(APIFailure(code: 500, reason: "InternalError", message: "no disk")))
        #expect(failing.changes == [])
        #expect(failing.problem == "no disk")
    }

    @Test func `an account's Secrets are looked at when it comes and goes`() {
        let cluster = Table(contents: [.secrets: [secret(), secret(type: "Opaque")]])
        let woken = controller.watches.first { $0.resource == .serviceAccounts }
        #expect(woken?.keys(nil, account("u1"), cluster) == [ObjectKey(namespace: "d", name: "s")])
        #expect(woken?.keys(account("u1"), nil, cluster) == [ObjectKey(namespace: "d", name: "s")])
        #expect(woken?.keys(account("u1"), account("u1"), cluster) == [])
    }
}
