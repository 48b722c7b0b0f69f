import Foundation
import Programs
import Testing

/// What containers find at their mountPaths and in their environment.
@Suite(.serialized, .ownThreads) struct VolumeTests {
    @Test func `ConfigMaps and Secrets come as files and variables, in memory alone, and follow changes`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let secret = "hush-\(UUID().uuidString)"
        #expect(try cluster.kubectl("create", "configmap", "settings", "--from-literal=color=green", "--from-literal=size=9").status == 0)
        #expect(try cluster.kubectl("create", "secret", "generic", "keys", "--from-literal=api=\(secret)").status == 0)
        try cluster.apply(
            Manifest.pod(
                "reader",
                "echo $color $COLOR_$API_ $OPT; cat /etc/settings/color; echo; ls /etc/settings; cat /keys/deep/api; echo; "
                    + "cat /one; echo; stat -Lc %a /keys/deep/api; stat -fc %T /keys/deep; "
                    + "touch /etc/settings/x 2>/dev/null || echo read-only; sleep 1000",
                spec: """
                    volumes:
                      - {name: settings, configMap: {name: settings}}
                      - {name: keys, secret: {secretName: keys, items: [{key: api, path: deep/api, mode: 0400}]}}
                    """,
                container: """
                    env:
                      - {name: COLOR_, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
                      - {name: API_, valueFrom: {secretKeyRef: {name: keys, key: api}}}
                      - {name: OPT, valueFrom: {secretKeyRef: {name: keys, key: none, optional: true}}}
                    envFrom: [{configMapRef: {name: settings}}]
                    volumeMounts:
                      - {name: settings, mountPath: /etc/settings}
                      - {name: settings, mountPath: /one, subPath: color}
                      - {name: keys, mountPath: /keys, readOnly: true}
                    """))
        try await cluster.isReady("reader")
        try await eventually("it has said all") { try cluster.logs("reader").contains("read-only") }
        let said = try cluster.logs("reader").split(separator: "\n").map(String.init)
        #expect(said == ["green green\(secret)", "green", "color", "size", secret, "green", "400", "tmpfs", "read-only"])

        // Nothing of the secret is on disk but in the store that serves it.
        let uid = try cluster.get("pod reader", ".metadata.uid")
        let place = "\(cluster.state)/node/pods/\(uid)"
        let program = try #require(cluster.programs(of: uid).first { $0.value.contains("/etc/settings") }?.key)
        // Its own log has it, as the program has said it.
        func leaks() throws -> [String] {
            let grep = try Program.run(try #require(Program.find("grep")), ["-rl", secret, "\(cluster.state)/node"])
            return grep.output.split(separator: "\n").map(String.init).filter { !$0.hasSuffix(".log") }
        }
        #expect(try leaks() == [])

        // A change arrives whole in the volume, and neither in the environment nor by subPath.
        let root = "/proc/\(program)/root"
        func read(_ path: String) -> String { (try? String(contentsOfFile: root + path, encoding: .utf8)) ?? "" }
        let patch = #"{"data": {"color": "blue", "size": null, "shape": "round"}}"#
        #expect(try cluster.kubectl("patch", "configmap", "settings", "-p", patch).status == 0)
        try await eventually("the change arrives") { read("/etc/settings/..data/color") == "blue" }
        let names = try FileManager.default.contentsOfDirectory(atPath: root + "/etc/settings/..data")
        #expect(Set(names) == ["color", "shape"])
        #expect(read("/one") == "green")

        // With the pod everything is gone, by whatever end.
        let shim = try #require(cluster.shims()[uid])
        try await cluster.end(SIGKILL)
        kill(shim, SIGKILL)
        try await eventually("the pod is dead") { cluster.programs(of: uid).isEmpty && cluster.shims().isEmpty }
        #expect(try leaks() == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(place)/memory").isEmpty)
        let second = try await Cluster.whole(folder)
        try await eventually("it runs again, by the new settings") { try second.logs("reader").hasPrefix("blue blue") }
        #expect(try second.kubectl("delete", "pod", "reader", "--timeout=30s").status == 0)
        try await eventually("nothing of it is kept") { !FileManager.default.fileExists(atPath: place) }
    }

    @Test func `what a container is made from may come later, and what is missing is named`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            Manifest.pod(
                "waits", "cat /settings/a; echo; sleep 1000", spec: "volumes: [{name: s, configMap: {name: later}}]",
                container: "volumeMounts: [{name: s, mountPath: /settings}]"))
        try cluster.apply(
            Manifest.pod("lacks", "sleep 1000", container: "env: [{name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}]"))
        try await eventually("both say what they wait for") {
            try cluster.get("pod lacks", ".status.containerStatuses[0].state.waiting.message") == "secret \"keys\" not found"
                && cluster.get("events --field-selector=involvedObject.name=waits,reason=FailedMount", ".items[*].message")
                    .contains("MountVolume.SetUp failed for volume \"s\" : configmap \"later\" not found")
        }
        #expect(try cluster.get("pod lacks", ".status.containerStatuses[0].state.waiting.reason") == "CreateContainerConfigError")
        #expect(try cluster.get("pod waits", ".status.containerStatuses[0].state.waiting.reason") == "ContainerCreating")
        #expect(try cluster.kubectl("create", "configmap", "later", "--from-literal=a=here").status == 0)
        #expect(try cluster.kubectl("create", "secret", "generic", "keys", "--from-literal=a=b").status == 0)
        try await cluster.isReady("waits")
        try await cluster.isReady("lacks")
        try await eventually("it reads what has come") { try cluster.logs("waits") == "here\n" }
    }

    @Test func `emptyDirs are shared and as old as the pod, on disk and in memory`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: pair}
            spec:
              terminationGracePeriodSeconds: 1
              volumes:
                - {name: disk, emptyDir: {}}
                - {name: memory, emptyDir: {medium: Memory}}
              containers:
                - name: writer
                  image: host/sh
                  args: ["-c", "echo one >> /out/text; echo two > /fast/text; mkdir -p /out/part; echo three > /out/part/text; sleep 1000"]
                  volumeMounts: [{name: disk, mountPath: /out}, {name: memory, mountPath: /fast}]
                - name: reader
                  image: host/sh
                  args:
                    - -c
                    - |
                      until [ -e /part/text ]; do sleep 0.1; done
                      cat /in/text /fast/text /part/text; stat -fc %T /fast; touch /in/x 2>/dev/null || echo read-only
                      ls /proc | grep -c '^[0-9]'; hostname; sleep 1000
                  volumeMounts:
                    - {name: disk, mountPath: /in, readOnly: true}
                    - {name: disk, mountPath: /part, subPath: part}
                    - {name: memory, mountPath: /fast}
            """)
        try await cluster.isReady("pair")
        try await eventually("the reader has read") { try cluster.logs("pair", "-c", "reader").contains("pair") }
        let said = try cluster.logs("pair", "-c", "reader").split(separator: "\n").map(String.init)
        #expect(Array(said.prefix(5)) == ["one", "two", "three", "tmpfs", "read-only"])
        #expect(said.last == "pair")
        let uid = try cluster.get("pod pair", ".metadata.uid")
        let writer = try #require(cluster.programs(of: uid).first { $0.value.contains("echo one") }?.key)
        kill(writer, SIGKILL)
        try await eventually("the volume is what it was") {
            (try? String(contentsOfFile: "\(cluster.state)/node/pods/\(uid)/volumes/disk/text", encoding: .utf8)) == "one\none\n"
        }
        #expect(try cluster.kubectl("delete", "pod", "pair", "--timeout=30s").status == 0)
        try await eventually("it is gone with the pod") { !FileManager.default.fileExists(atPath: "\(cluster.state)/node/pods/\(uid)") }
    }

    @Test func `projected volumes and the downward API say who a pod is`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        #expect(try cluster.kubectl("create", "configmap", "part", "--from-literal=a=from the map").status == 0)
        #expect(try cluster.kubectl("create", "secret", "generic", "part", "--from-literal=b=from the secret").status == 0)
        // What its account may do is what a role says.
        let bound = try cluster.kubectl("create", "rolebinding", "viewers", "--clusterrole=view", "--serviceaccount=default:default")
        #expect(bound.status == 0, "\(bound.errors)")
        try cluster.apply(
            Manifest.pod(
                "who",
                "cat /all/a; echo; cat /all/b; echo; cat /all/labels; echo; cat /all/cpu; echo; echo $NAME $IP $NODE $HOST $MEMORY; "
                    + "T=/var/run/secrets/kubernetes.io/serviceaccount; cat $T/namespace; echo; "
                    + "curl -s --cacert $T/ca.crt -H \"Authorization: Bearer $(cat $T/token)\" -o /dev/null -w '%{http_code}\\n' "
                    + "https://kubernetes.default.svc/api/v1/namespaces/default/pods/who; "
                    + "cut -d. -f2 /all/token | tr _- /+ | base64 -d 2>/dev/null | grep -o '\"aud\":\\[\"[a-z]*\"\\]'; sleep 1000",
                labels: "app: who",
                spec: """
                    volumes:
                      - name: all
                        projected:
                          sources:
                            - configMap: {name: part}
                            - secret: {name: part}
                            - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 600}
                            - downwardAPI:
                                items:
                                  - {path: labels, fieldRef: {fieldPath: metadata.labels}}
                                  - {path: cpu, resourceFieldRef: {containerName: main, resource: requests.cpu, divisor: 1m}}
                    """,
                container: """
                    resources: {requests: {cpu: 50m}, limits: {memory: 64Mi}}
                    env:
                      - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                      - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                      - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                      - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
                      - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
                    volumeMounts: [{name: all, mountPath: /all}]
                    """))
        try await cluster.isReady("who")
        try await eventually("it has said who it is") { try cluster.logs("who").contains("aud") }
        let said = try cluster.logs("who").split(separator: "\n").map(String.init)
        let (address, node) = (try cluster.get("pod who", ".status.podIP"), try cluster.get("pod who", ".spec.nodeName"))
        #expect(
            said == [
                "from the map", "from the secret", "app=\"who\"", "50", "who \(address) \(node) 127.0.0.1 64", "default", "200",
                "\"aud\":[\"vault\"]",
            ])
        // A label that changes is read anew.
        #expect(try cluster.kubectl("label", "pod", "who", "stage=late").status == 0)
        let program = try #require(cluster.programs().first { $0.value.contains("/all/labels") }?.key)
        try await eventually("the file follows") {
            (try? String(contentsOfFile: "/proc/\(program)/root/all/labels", encoding: .utf8)) == "app=\"who\"\nstage=\"late\""
        }
    }
}
