import Foundation
import Programs
import Testing

/// kubectl's everyday verbs on real pods.
@Suite(.serialized, .ownThreads) struct KubectlTests {
    private let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: server, image: host/sh, args: ["-c", "echo one; exec sleep 1000"]}]
        """

    @Test func `get, describe, label, patch, edit and apply`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        func ok(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) throws -> String {
            let kubectl = try #require(Program.find("kubectl"))
            let all = ["KUBECONFIG": "\(cluster.state)/kubeconfig"].merging(environment) { $1 }
            let outcome = try Program.run(kubectl, arguments, environment: all, input: input)
            #expect(outcome.status == 0, "kubectl \(arguments): \(outcome.errors)")
            return outcome.output
        }
        // Client-side first, then server-side with the fields taken over.
        #expect(try ok(["apply", "-f", "-"], input: deployment) == "deployment.apps/web created\n")
        #expect(try ok(["apply", "-f", "-"], input: deployment) == "deployment.apps/web unchanged\n")
        let three = deployment.replacingOccurrences(of: "replicas: 2", with: "replicas: 3")
        #expect(try ok(["apply", "-f", "-"], input: three) == "deployment.apps/web configured\n")
        #expect(try ok(["apply", "--server-side", "-f", "-"], input: deployment) == "deployment.apps/web serverside-applied\n")
        #expect(try ok(["rollout", "status", "deployment/web", "--timeout=60s"]).contains("successfully rolled out"))
        _ = try ok(["wait", "deployment/web", "--for=condition=Available", "--timeout=60s"])
        try await eventually("the third is gone") { try ok(["get", "pods", "-o", "name"]).split(separator: "\n").count == 2 }
        _ = try ok(["wait", "pod", "-l", "app=web", "--for=condition=Ready", "--timeout=60s"])

        // Looking.
        let wide = try ok(["get", "pods", "-o", "wide"])
        for word in ["READY", "RESTARTS", "IP", "NODE", "NOMINATED NODE", "1/1", "Running", "10.244.0."] { #expect(wide.contains(word)) }
        #expect(try ok(["get", "deployment", "web", "-o", "yaml"]).contains("kind: Deployment\n"))
        #expect(try ok(["get", "deployment", "web", "-o", "json"]).contains("\"kind\": \"Deployment\""))
        #expect(try ok(["get", "all"]).contains("replicaset.apps/web-"))
        #expect(try ok(["get", "deploy,rs,po", "--show-labels"]).contains("pod-template-hash="))
        let pod = try #require(try ok(["get", "pods", "-l", "app=web", "-o", "name"]).split(separator: "\n").first.map(String.init))
        let described = try ok(["describe", pod])
        for word in ["Controlled By:  ReplicaSet/web-", "Ready:          True", "Started container server", "QoS Class:"] {
            #expect(described.contains(word), "\(word)")
        }
        #expect(try ok(["describe", "deployment", "web"]).contains("ScalingReplicaSet"))
        #expect(try ok(["events", "--for", pod]).contains("Started container server"))
        #expect(try ok(["api-resources"]).contains("deployments"))
        #expect(try ok(["api-versions"]).contains("apps/v1\n"))
        #expect(try ok(["explain", "deployment.spec.replicas"]).contains("FIELD: replicas <integer>"))
        #expect(try ok(["explain", "pod", "--recursive"]).contains("terminationGracePeriodSeconds"))
        #expect(try ok(["auth", "whoami"]).contains("kubernetes-admin"))
        #expect(try ok(["auth", "can-i", "delete", "pods"]) == "yes\n")
        #expect(try ok(["cluster-info"]).contains(cluster.address))
        #expect(try ok(["version"]).contains("Server Version: v1.36"))

        // Changing.
        func field(_ path: String) throws -> String { try cluster.get("deployment web", path) }
        #expect(try ok(["label", "deployment", "web", "tier=front"]) == "deployment.apps/web labeled\n")
        #expect(try ok(["annotate", "deployment", "web", "note=kept"]) == "deployment.apps/web annotated\n")
        #expect(try cluster.kubectl("label", "deployment", "web", "tier=back").errors.contains("already has a value (front)"))
        _ = try ok(["label", "deployment", "web", "tier=back", "--overwrite"])
        #expect(try field(".metadata.labels.tier") == "back")
        _ = try ok(["label", "deployment", "web", "tier-"])
        #expect(try field(".metadata.labels.tier") == "")
        #expect(try field(".metadata.annotations.note") == "kept")
        _ = try ok(["patch", "deployment", "web", "-p", #"{"spec":{"template":{"metadata":{"labels":{"by":"strategic"}}}}}"#])
        _ = try ok(["patch", "deployment", "web", "--type=merge", "-p", #"{"spec":{"minReadySeconds":1}}"#])
        _ = try ok(["patch", "deployment", "web", "--type=json", "-p", #"[{"op":"replace","path":"/spec/minReadySeconds","value":0}]"#])
        #expect(try field(".spec.template.metadata.labels.by") == "strategic")
        let editor = try folder.write("editor", "#!/bin/sh\nsed -i 's/note: kept/note: edited/' \"$1\"\n")
        chmod(editor, 0o755)
        #expect(try ok(["edit", "deployment", "web"], environment: ["KUBE_EDITOR": editor]) == "deployment.apps/web edited\n")
        #expect(try field(".metadata.annotations.note") == "edited")
        #expect(try ok(["scale", "deployment/web", "--replicas=1"]) == "deployment.apps/web scaled\n")
        _ = try ok(["wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=1", "--timeout=60s"])
        #expect(try cluster.kubectl("diff", "-f", "-", input: three).status == 1)
        #expect(try cluster.kubectl("apply", "-f", "-", input: "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\n").status == 1)

        // Making and unmaking.
        #expect(try ok(["create", "configmap", "c", "--from-literal=a=b"]) == "configmap/c created\n")
        #expect(try cluster.kubectl("create", "configmap", "c").errors.contains("configmaps \"c\" already exists"))
        #expect(try ok(["delete", "configmap", "c"]).contains("configmap \"c\" deleted"))
        #expect(try cluster.kubectl("get", "configmap", "c").errors.contains("configmaps \"c\" not found"))
        #expect(try ok(["delete", "deployment", "web", "--cascade=foreground", "--timeout=60s"]).contains("deleted"))
        #expect(try ok(["get", "pods", "-l", "app=web", "-o", "name"]) == "")
    }

    @Test func `rollouts go on, back and round again`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        func ok(_ arguments: String...) throws -> String {
            let outcome = try cluster.run(arguments)
            #expect(outcome.status == 0, "kubectl \(arguments): \(outcome.errors)")
            return outcome.output
        }
        try cluster.apply(deployment)
        _ = try ok("rollout", "status", "deployment/web", "--timeout=60s")
        let second = #"{"spec":{"template":{"spec":{"containers":[{"name":"server","args":["-c","echo two; exec sleep 1000"]}]}}}}"#
        _ = try ok("patch", "deployment", "web", "-p", second)
        _ = try ok("rollout", "status", "deployment/web", "--timeout=60s")
        try await eventually("the new ones speak") { try cluster.kubectl("logs", "deployment/web").output == "two\n" }
        let history = try ok("rollout", "history", "deployment/web")
        #expect(history.contains("\n1 ") && history.contains("\n2 "))
        #expect(try ok("rollout", "history", "deployment/web", "--revision=1").contains("echo one"))
        #expect(try ok("rollout", "undo", "deployment/web") == "deployment.apps/web rolled back\n")
        _ = try ok("rollout", "status", "deployment/web", "--timeout=60s")
        try await eventually("the old ones speak again") { try cluster.kubectl("logs", "deployment/web").output == "one\n" }
        let before = Set(try cluster.get("pods -l app=web", ".items[*].metadata.uid").split(separator: " "))
        #expect(try ok("rollout", "restart", "deployment/web") == "deployment.apps/web restarted\n")
        _ = try ok("rollout", "status", "deployment/web", "--timeout=60s")
        try await eventually("all are new") {
            let now = Set(try cluster.get("pods -l app=web", ".items[*].metadata.uid").split(separator: " "))
            return now.count == 2 && now.isDisjoint(with: before)
        }
        _ = try ok("rollout", "pause", "deployment/web")
        _ = try ok("rollout", "resume", "deployment/web")
    }

    @Test func `get -w and logs -f tell what happens as it happens`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("first", "exec sleep 1000"))
        let watch = try cluster.background("get", "pods", "-w", "--output-watch-events")
        try await eventually("it watches") { watch.said.contains("first") }
        try cluster.apply(
            Manifest.pod(
                "talks", "i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo line $i; sleep 0.3; done; exit 3", spec: "restartPolicy: Never"))
        try await eventually("it runs") { try cluster.get("pod talks", ".status.phase") == "Running" }
        let logs = try cluster.background("logs", "-f", "talks")
        try await eventually("the log ends with its container") { !logs.isRunning }
        #expect(logs.said == "line 1\nline 2\nline 3\nline 4\nline 5\n")
        #expect(try cluster.logs("talks", "--tail=1", "--timestamps").contains("Z line 5"))
        #expect(try cluster.logs("talks", "--since=1h", "--limit-bytes=6") == "line 1")
        #expect(
            try cluster.kubectl("logs", "talks", "--previous").errors.contains(
                "previous terminated container \"main\" in pod \"talks\" not found"))
        #expect(try cluster.kubectl("logs", "talks", "-c", "other").errors.contains("container other is not valid for pod talks"))
        #expect(try cluster.kubectl("delete", "pod", "talks", "--timeout=30s").status == 0)
        try await eventually("the watch has told it all") {
            let text = watch.said
            return ["ADDED", "Pending", "ContainerCreating", "Running", "Error", "DELETED"].allSatisfy { text.contains($0) }
        }
    }
}
