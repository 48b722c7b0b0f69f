import Foundation
import Testing

/// The parts of the engine are users like others, with roles of their own: these allow all that their work asks for.
@Suite(.serialized, .ownThreads) struct OwnPartsTests {
    private static let system = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: page, namespace: shop}
        data: {text: one}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: key, namespace: shop}
        stringData: {word: open}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              volumes: [{name: page, configMap: {name: page}}, {name: key, secret: {secretName: key}}]
              containers:
                - name: main
                  image: host/sh
                  args: ["-c", "until grep -q two /page/text; do sleep 0.1; done; echo seen; exec sleep 1000"]
                  env: [{name: WORD, valueFrom: {secretKeyRef: {name: key, key: word}}}]
                  volumeMounts: [{name: page, mountPath: /page}, {name: key, mountPath: /key}]
                  readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 80}]}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: shop}
        spec:
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: host/sleep, args: ["1000"]}]}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, namespace: shop}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: host/sleep, args: ["1000"]}]}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: once, namespace: shop}
        spec:
          template: {spec: {restartPolicy: Never, containers: [{name: main, image: host/sh, args: ["-c", "exit 0"]}]}}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web, namespace: shop}
        spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web, namespace: shop}
        spec: {minReplicas: 2, maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: all, namespace: shop}
        spec: {hard: {pods: "20"}}

        """

    private static let policy = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules: [{level: Metadata}]
        """

    @Test func `no part of the engine is refused anything while a system comes, changes, restarts and goes`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("system.yaml", Self.system)
        try repository.write("kept.yaml", Manifest.configMap("kept", "hello"))
        try repository.push("A system")
        let log = folder.path + "/audit.log"
        let arguments = [
            "--repo", repository.bare, "--audit-policy-file", try folder.write("policy.yaml", Self.policy), "--audit-log-path", log,
        ]
        func refusals() throws -> [String] {
            // What comes too early, before a namespace has its service account, or too late is refused to Kubernetes' parts, too.
            let passing = ["because it is being terminated", "error looking up service account"]
            return try AuditEvents(log).all.filter { event in
                let message = event.text("responseStatus", "message")
                return (event.code == 401 || event.code == 403) && !passing.contains(where: message.contains)
            }.map { event in
                "\(event.user) \(event.verb) \(event.text("requestURI")): \(event.text("responseStatus", "message"))"
            }
        }
        var cluster = try await Cluster(state: folder.path + "/state", arguments, in: folder)
        func shop(_ what: String, _ path: String) throws -> String { try cluster.get(what, path, namespace: "shop") }
        func isUp() async throws {
            try await eventually("the system runs") {
                try shop("deployment web", ".status.readyReplicas") == "2" && shop("statefulset db", ".status.readyReplicas") == "1"
                    && shop("daemonset agent", ".status.numberReady") == "1" && shop("job once", ".status.succeeded") == "1"
            }
        }
        try await isUp()
        // What the parts make beside it, and write of it.
        try await eventually("DNS has its Service") {
            try cluster.get("service kube-dns", ".spec.clusterIP", namespace: "kube-system") == "10.96.0.10"
        }
        try await eventually("the load balancer has an address") {
            try shop("service web", ".status.loadBalancer.ingress[0].ip") == "127.0.0.1"
        }
        // A change of a ConfigMap is heard of by the node, which may watch this one alone.
        try repository.write("system.yaml", Self.system.replacingOccurrences(of: "{text: one}", with: "{text: two}"))
        try repository.push("Another page")
        try await eventually("both pods have seen it") {
            try shop("pods -l app=web", ".items[*].metadata.name").split(separator: " ").allSatisfy {
                try cluster.kubectl("logs", "-n", "shop", String($0)).output == "seen\n"
            }
        }
        let refused = try refusals()
        #expect(refused == [])

        try await cluster.end(SIGTERM)
        cluster = try await Cluster(state: folder.path + "/state", arguments, in: folder)
        try await isUp()
        #expect(try cluster.kubectl("delete", "pod", "-n", "shop", "-l", "app=web", "--timeout=60s").status == 0)
        try await isUp()
        try repository.git("rm", "-q", "system.yaml")
        try repository.push("Nothing any more")
        try await eventually("the system is gone") { try shop("all", ".items[*].metadata.name") == "" }
        let later = try refusals()
        #expect(later == [])
        #expect(!cluster.said.contains("warning"), "\(cluster.said)")
    }
}
