import Foundation
import Programs
import Testing

/// kubectl's verbs on a control plane without pods, each with what it says.
@Suite(.serialized, .ownThreads) struct KubectlVerbTests {
    // Each begins as YAML does: kubectl takes what begins with a brace for JSON.
    private func config(_ name: String, _ value: String) -> String {
        "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name), labels: {app: p}}, data: {a: \"\(value)\"}}\n"
    }

    @Test func `apply prunes, diffs, and keeps its own records`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state")
        func write(_ documents: String...) throws -> String { try folder.write("d.yaml", documents.joined()) }
        var file = try write(config("c1", "1"), config("c2", "1"))
        let first = try cluster.kubectl("diff", "-f", file)
        #expect(first.status == 1 && first.output.contains("+kind: ConfigMap\n"))
        #expect(try cluster.ok("apply -f \(file)") == "configmap/c1 created\nconfigmap/c2 created\n")
        #expect(try cluster.kubectl("diff", "-f", file).status == 0)
        file = try write(config("c1", "2"))
        for options in [["diff", "-f", file], ["diff", "--server-side", "-f", file]] {
            let outcome = try cluster.kubectl(options)
            #expect(outcome.status == 1 && outcome.output.contains("-  a: \"1\"\n+  a: \"2\"\n"), "\(outcome)")
        }
        #expect(try cluster.ok("apply -f \(file) --prune -l app=p --dry-run=server").contains("configmap/c2 pruned (server dry run)"))
        #expect(try cluster.ok("apply -f \(file) --prune -l app=p") == "configmap/c1 configured\nconfigmap/c2 pruned\n")
        #expect(try cluster.ok("apply view-last-applied configmap c1").contains("a: \"2\"\n"))
        _ = try write(config("c1", "3"))
        #expect(try cluster.ok("apply set-last-applied -f \(file)") == "configmap/c1 configured\n")
        #expect(try cluster.ok("replace -f \(file)") == "configmap/c1 replaced\n")
        #expect(try cluster.ok("replace --force -f \(file)") == "configmap \"c1\" deleted\nconfigmap/c1 replaced\n")

        // Sets remember what is in them.
        let set = ["KUBECTL_APPLYSET": "true"]
        func applySet() throws -> Outcome {
            try cluster.run(["apply", "-n", "default", "--prune", "--applyset=mine", "-f", file], environment: set)
        }
        file = try write(config("s1", "1"), config("s2", "1"))
        #expect(try applySet().output == "configmap/s1 created\nconfigmap/s2 created\n")
        file = try write(config("s2", "1"))
        #expect(try applySet().output == "configmap/s2 unchanged\nconfigmap/s1 pruned\n")

        // A List is checked by the document that client-go takes in protobuf alone, as is what has no path of its own.
        let list = "---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: listed}}]}"
        #expect(try cluster.ok("create -f -", input: list) == "configmap/listed created\n")
        #expect(try cluster.ok("delete -f -", input: list).contains("\"listed\" deleted"))
        let odd = "---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: odd}, dta: {}}]}"
        #expect(try cluster.refused("create -f -", input: odd).contains("unknown field \"dta\""))
        #expect(
            try cluster.refused("create -f -", input: "---\n{apiVersion: none/v1, kind: ConfigMap, metadata: {name: x}}").contains(
                "no matches for kind \"ConfigMap\" in version \"none/v1\""))
        _ = try folder.write("k/kustomization.yaml", "namePrefix: k-\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n")
        #expect(try cluster.ok("apply -k \(folder.path)/k").hasPrefix("configmap/k-made-"))
    }

    @Test func `objects are made, set and changed by words alone`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,scheduler,node,proxy"])
        for (line, said) in [
            ("create namespace a", "namespace/a created"), ("create deployment web --image=host/sleep -n a", "deployment.apps/web created"),
            ("expose deployment web --port=80 --target-port=8080 -n a", "service/web exposed"),
            ("run one --image=host/sleep --port=80 --expose -n a", "service/one created\npod/one created"),
            ("autoscale deployment web --min=1 --max=3 --cpu-percent=50 -n a", "horizontalpodautoscaler.autoscaling/web autoscaled"),
            ("set image deployment/web sleep=host/sleep:2 -n a", "deployment.apps/web image updated"),
            ("set env deployment/web A=B -n a", "deployment.apps/web env updated"),
            ("set resources deployment/web --limits=cpu=1 --requests=cpu=100m -n a", "deployment.apps/web resource requirements updated"),
            ("set serviceaccount deployment/web default -n a", "deployment.apps/web serviceaccount updated"),
            ("set selector service/web app=other -n a", "service/web selector updated"),
            ("create secret generic s --from-literal=a=b -n a", "secret/s created"),
            ("create secret docker-registry d --docker-username=u --docker-password=p -n a", "secret/d created"),
            ("create quota q --hard=pods=10 -n a", "resourcequota/q created"),
            ("create priorityclass high --value=10", "priorityclass.scheduling.k8s.io/high created"),
            ("create poddisruptionbudget p --selector=app=web --min-available=1 -n a", "poddisruptionbudget.policy/p created"),
            ("create ingress i --rule=a.example/=web:80 -n a", "ingress.networking.k8s.io/i created"),
            ("create job j --image=host/true -n a", "job.batch/j created"),
            ("create cronjob c --image=host/true --schedule=@daily -n a", "cronjob.batch/c created"),
            ("create job j2 --from=cronjob/c -n a", "job.batch/j2 created"),
            ("create service externalname e --external-name=a.example -n a", "service/e created"),
            ("create service nodeport n --tcp=80:80 -n a", "service/n created"),
            ("create serviceaccount bob -n a", "serviceaccount/bob created"),
            ("label namespace a tier=front", "namespace/a labeled"), ("annotate namespace a note=x", "namespace/a annotated"),
            ("rollout pause deployment/web -n a", "deployment.apps/web paused"),
            ("patch deployment web -n a --subresource=scale --type=merge -p {\"spec\":{\"replicas\":0}}", "scale.autoscaling/web patched"),
            ("create configmap dry --dry-run=server -n a", "configmap/dry created (server dry run)"),
            ("delete secret s --dry-run=server -n a", "secret \"s\" deleted (server dry run)"),
            ("delete secret --all -n a", "secret \"d\" deleted\nsecret \"s\" deleted"),
        ] {
            #expect(try cluster.ok(line) == said + "\n", "kubectl \(line)")
        }
        #expect(try cluster.ok("set env deployment/web --list -n a").contains("A=B\n"))
        let container = try cluster.get("deployment web", ".spec.template.spec.containers[0]", namespace: "a")
        #expect(container.contains("\"image\":\"host/sleep:2\"") && container.contains("\"limits\":{\"cpu\":\"1\"}"))
        try await eventually("the quota is counted") { try cluster.get("quota q", ".status.hard.pods", namespace: "a") == "10" }
        #expect(try cluster.ok("describe ingress i -n a").contains("/   web:80"))
        #expect(try cluster.ok("get hpa web -n a").contains("Deployment/web   cpu: <unknown>/50%   1         3"))
        #expect(try cluster.ok("get cronjob,pdb -n a").contains("@daily"))

        for (type, patch, error) in [
            ("json", #"[{"op":"test","path":"/data/a","value":"x"}]"#, "the server rejected our request due to an error in our request"),
            ("merge", #"{"data":{"n":1}}"#, "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"),
            ("strategic", #"{"data":"#, "error decoding patch: unexpected end of JSON input"),
        ] {
            try cluster.ok("create configmap \(type) --from-literal=a=b -n a")
            #expect(try cluster.refused("patch configmap \(type) -n a --type=\(type) -p", patch).contains(error), "\(type)")
        }
        #expect(try cluster.refused("scale deployment/web -n a --current-replicas=9 --replicas=1").contains("Expected replicas to be 9"))
        #expect(try cluster.refused("top pods -n a") == "error: Metrics API not available\n")
        #expect(try cluster.refused("rollout undo deployment/none -n a").contains("deployments.apps \"none\" not found"))
        #expect(try cluster.ok("wait configmap/none -n a --for=delete --timeout=5s") == "")
        #expect(try cluster.refused("wait deployment/web -n a --for=condition=Nope --timeout=1s").contains("timed out waiting"))
        let later = try cluster.background("wait", "configmap/later", "-n", "a", "--for=create", "--timeout=60s")
        try cluster.ok("create configmap later -n a")
        #expect(try await later.status() == 0)
        #expect(try cluster.ok("delete namespace a --timeout=60s") == "namespace \"a\" deleted\n")
    }

    @Test func `who may what is asked and given; certificates are signed once they are approved`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,scheduler,node,proxy"])
        try await eventually("the service account is there") {
            try cluster.kubectl("get", "serviceaccount", "default", "--ignore-not-found", "-o", "name").output != ""
        }
        try cluster.ok("create role reader --verb=get,list --resource=pods,deployments.apps")
        try cluster.ok("create rolebinding reader --role=reader --serviceaccount=default:default")
        try cluster.ok("set subject rolebinding reader --user=jane")
        let account = "system:serviceaccount:default:default"
        #expect(try cluster.ok("auth can-i list pods --as \(account)") == "yes\n")
        #expect(try cluster.kubectl("auth", "can-i", "delete", "pods", "--as", account).output == "no\n")
        let list = try cluster.ok("auth can-i --list --as \(account)")
        #expect(list.contains("deployments.apps") && list.contains("[get list]") && list.contains("[/version]"))
        #expect(try cluster.ok("auth can-i --list").split(separator: "\n").dropFirst().first?.hasPrefix("*.*") == true)
        #expect(try cluster.ok("describe rolebinding reader").contains("ServiceAccount  default  default"))
        let role =
            "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: reader, namespace: default}, rules: ["
            + "{apiGroups: [\"\"], resources: [secrets], verbs: [list]}]}"
        #expect(try cluster.ok("auth reconcile -f -", input: role) == "role.rbac.authorization.k8s.io/reader reconciled\n")

        let token = try cluster.ok("create token default --duration=10m").trimmingCharacters(in: .newlines)
        #expect(try cluster.ok("auth whoami --kubeconfig", try outside(cluster, folder), "--token", token).contains(account))
        #expect(try cluster.refused("create token none").contains("serviceaccounts \"none\" not found"))

        // The documented way to a certificate of one's own.
        let openssl = try #require(Program.find("openssl"))
        /// The files of a new key and of a request signed by it, in PEM.
        func request(_ name: String, group: String) throws -> (key: String, request: String) {
            let files = ("\(folder.path)/\(name).key", "\(folder.path)/\(name).csr")
            let subject = ["-subj", "/O=\(group)/CN=\(name)"]
            let made = try Program.run(
                openssl, ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", files.0, "-out", files.1] + subject)
            #expect(made.status == 0, "\(made.errors)")
            return files
        }
        func asking(_ name: String, _ pem: String, signer: String = "kube-apiserver-client", usages: String = "client auth") -> String {
            "---\n{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: \(name)}, spec: {"
                + "request: \(Data(pem.utf8).base64EncodedString()), signerName: kubernetes.io/\(signer), usages: [\(usages)]}}"
        }
        let (key, file) = try request("jane", group: "dev")
        let pem = try String(contentsOfFile: file, encoding: .utf8)
        func ask(_ name: String, usages: String) throws { try cluster.ok("create -f -", input: asking(name, pem, usages: usages)) }
        // Nobody becomes an administrator so, however the request is written.
        let masters = try String(contentsOfFile: try request("eve", group: "system:masters").request, encoding: .utf8)
        let answer = try cluster.refused("create -f -", input: asking("eve", masters))
        #expect(answer.contains("is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group"), "\(answer)")
        for text in [
            masters.replacing("\n", with: "\r\n"), "by eve\n\n" + masters, masters.replacing("\nM", with: "\n M"), masters + masters,
        ] {
            let answer = try cluster.refused("create -f -", input: asking("eve", text))
            #expect(answer.contains("is forbidden: use of"), "\(answer)")
        }
        let broken = try cluster.refused(
            "create -f -", input: asking("eve", masters.replacing("REQUEST-----\nM", with: "REQUEST-----\n!")))
        #expect(broken.contains("spec.request: Invalid value: "), "\(broken)")
        #expect(
            try cluster.refused("create -f -", input: asking("eve", masters, signer: "legacy-unknown")).contains(
                "the legacy signerName is not allowed via this API version"))

        try ask("jane", usages: "client auth")
        #expect(try cluster.ok("get csr jane").contains("kubernetes-admin   <none>              Pending"))
        #expect(try cluster.ok("certificate approve jane") == "certificatesigningrequest.certificates.k8s.io/jane approved\n")
        try await eventually("it is signed") { try cluster.ok("get csr jane").contains("Approved,Issued") }
        let certificate = try #require(Data(base64Encoded: try cluster.get("csr jane", ".status.certificate")))
        let signed = try folder.write("jane.crt", String(decoding: certificate, as: UTF8.self))
        let jane = ["--client-certificate", signed, "--client-key", key, "--kubeconfig", try outside(cluster, folder)]
        let who = try cluster.kubectl(["auth", "whoami"] + jane)
        #expect(who.output.contains("jane") && who.output.contains("[dev system:authenticated]"), "\(who)")
        #expect(try cluster.kubectl(["get", "secrets"] + jane).status == 0)
        #expect(try cluster.kubectl(["get", "nodes"] + jane).errors.contains("User \"jane\" cannot list resource \"nodes\""))
        try ask("wrong", usages: "server auth")
        try cluster.ok("certificate approve wrong")
        try await eventually("what is not signed says why") {
            try cluster.get("csr wrong", ".status.conditions[?(@.type=='Failed')].message")
                == "invalid usage for client certificate: server auth"
        }
        try ask("denied", usages: "client auth")
        #expect(try cluster.ok("certificate deny denied") == "certificatesigningrequest.certificates.k8s.io/denied denied\n")
        #expect(try cluster.refused("certificate approve denied").contains("is already Denied"))
    }

    /// A kubeconfig that knows the cluster and nobody.
    private func outside(_ cluster: Cluster, _ folder: Folder) throws -> String {
        let path = "\(folder.path)/outside"
        let text = try cluster.ok("config view --raw --minify")
        try text.split(separator: "\n").filter { !$0.contains("client-certificate-data:") && !$0.contains("client-key-data:") }
            .joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `the server says what it serves`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,scheduler,node,proxy,controllers"])
        #expect(try cluster.ok("api-resources --api-group=apps --no-headers").split(separator: "\n").count == 5)
        #expect(try cluster.ok("api-resources --verbs=list,watch --namespaced=false -o name").contains("nodes\n"))
        #expect(try cluster.ok("api-resources --categories=all -o name").contains("deployments.apps\n"))
        #expect(try cluster.ok("api-versions").contains("apps/v1\n"))
        #expect(try cluster.ok("explain pods.spec.containers --recursive").contains("    valueFrom\t<EnvVarSource>\n"))
        #expect(try cluster.ok("explain hpa --api-version=autoscaling/v2").contains("VERSION:    v2"))
        #expect(try cluster.ok("explain deployment.spec --output=plaintext-openapiv2").contains("progressDeadlineSeconds\t<integer>"))
        #expect(try cluster.refused("explain pods.spec.none").contains("field \"none\" does not exist"))
        #expect(try cluster.refused("explain none").contains("the server doesn't have a resource type \"none\""))
        #expect(try cluster.ok("config view --minify").contains("server: \(cluster.address)\n"))
        #expect(try cluster.ok("config current-context") == "skiff\n")
        #expect(try cluster.ok("cluster-info dump").contains("\"kind\": \"NodeList\""))
        #expect(try cluster.ok("get --raw /readyz?verbose").contains("[+]ping ok\n"))
        #expect(try cluster.ok("version -o json").contains("\"gitVersion\": \"v1.36"))
        #expect(try cluster.refused("get configmaps --field-selector=foo=bar").contains("\"foo\" is not a known field selector"))
        #expect(try cluster.refused("get deployments.v1beta1.apps").contains("the server doesn't have a resource type"))

        let raw = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw"}}"#
        let place = "/api/v1/namespaces/default/configmaps"
        #expect(try cluster.ok("create --raw \(place) -f -", input: raw).contains("\"uid\":"))
        #expect(try cluster.ok("delete --raw \(place)/raw").contains("\"Success\""))
        #expect(try cluster.refused("replace --raw \(place)/raw -f -", input: raw).contains("configmaps \"raw\" not found"))

        let proxy = try cluster.background("proxy", "--port=0")
        try await eventually("the proxy serves") { proxy.said.contains("Starting to serve on 127.0.0.1:") }
        let port = try #require(proxy.said.split(separator: ":").last.map { $0.prefix { $0.isNumber } })
        let curl = try #require(Program.find("curl"))
        let answer = try Program.run(curl, ["-s", "http://127.0.0.1:\(port)/api/v1/namespaces/default"])
        #expect(answer.output.contains("\"kind\":\"Namespace\""), "\(answer)")
        kill(proxy.pid, SIGTERM)
    }

    @Test func `nodes are cordoned, tainted and drained`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let node = try cluster.get("nodes", ".items[0].metadata.name")
        #expect(try cluster.ok("taint nodes \(node) k=v:NoSchedule") == "node/\(node) tainted\n")
        #expect(try cluster.refused("taint nodes \(node) k=v:NoSchedule").contains("already has k taint(s) with same effect(s)"))
        #expect(try cluster.ok("taint nodes \(node) k-") == "node/\(node) untainted\n")
        try cluster.apply(Manifest.servers("web", replicas: 2))
        try cluster.apply(Manifest.pod("alone", "exec sleep 86400"))
        try cluster.ok("create poddisruptionbudget web --selector=app=web --min-available=2")
        try cluster.ok("rollout status deployment/web --timeout=90s")
        try await cluster.isReady("alone")
        let unmanaged = try cluster.refused("drain \(node) --timeout=5s")
        #expect(unmanaged.contains("cannot delete cannot delete Pods that declare no controller"), "\(unmanaged)")
        try await eventually("the budget counts two") { try cluster.get("pdb web", ".status.currentHealthy") == "2" }
        let kept = try cluster.refused("drain \(node) --force --timeout=6s")
        #expect(kept.contains("Cannot evict pod as it would violate the pod's disruption budget."), "\(kept)")
        #expect(try cluster.get("pods -l app=web", ".items[*].metadata.name").split(separator: " ").count == 2)
        try cluster.ok("delete pdb web")
        #expect(try cluster.ok("drain \(node) --force --timeout=90s").contains("node/\(node) drained\n"))
        #expect(try cluster.get("node \(node)", ".spec.unschedulable") == "true")
        try await eventually("what replaces them waits") {
            try cluster.get("pods -l app=web", ".items[*].status.phase") == "Pending Pending"
        }
        #expect(try cluster.ok("uncordon \(node)") == "node/\(node) uncordoned\n")
        try cluster.ok("rollout status deployment/web --timeout=90s")
    }
}
