import Foundation
import Testing

/// What a container is started with: its program, arguments, directory, environment and what its fields say of the pod.
@Suite(.serialized, .ownThreads) struct LaunchTests {
    @Test func `every source of a variable, and the services of the namespace`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        #expect(try cluster.kubectl("create", "configmap", "settings", "--from-literal=COLOR=green", "--from-literal=SIZE=9").status == 0)
        #expect(try cluster.kubectl("create", "secret", "generic", "keys", "--from-literal=API=hush", "--from-literal=SIZE=8").status == 0)
        #expect(try cluster.kubectl("create", "serviceaccount", "worker").status == 0)
        try cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: my-db}
            spec:
              selector: {app: none}
              ports: [{name: sql, port: 5432}, {name: metrics, port: 9100, protocol: UDP}]
            """)
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: tells
              labels: {app: tells, tier: front.end}
              annotations: {note/of: one}
            spec:
              restartPolicy: Never
              serviceAccountName: worker
              containers:
                - name: main
                  image: host/sh
                  args: ["-c", "env | sort"]
                  resources: {requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 1500m, memory: 100M, ephemeral-storage: 2Gi}}
                  envFrom:
                    - {prefix: ALL_, configMapRef: {name: settings}}
                    - {secretRef: {name: keys}}
                    - {configMapRef: {name: absent, optional: true}}
                  env:
                    - {name: V_PLAIN, value: plain}
                    - {name: V_USES, value: "$(V_PLAIN)-$(ALL_COLOR)-$(MY_DB_SERVICE_PORT)-$(NOT_THERE)-$$(V_PLAIN)"}
                    - {name: SIZE, value: "10"}
                    - {name: V_MAP, valueFrom: {configMapKeyRef: {name: settings, key: COLOR}}}
                    - {name: V_SECRET, valueFrom: {secretKeyRef: {name: keys, key: API}}}
                    - {name: V_ABSENT, valueFrom: {secretKeyRef: {name: keys, key: none, optional: true}}}
                    - {name: V_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                    - {name: V_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
                    - {name: V_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
                    - {name: V_LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
                    - {name: V_ANNOTATION, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['note/of']"}}}
                    - {name: V_NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                    - {name: V_ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
                    - {name: V_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
                    - {name: V_HOSTS, valueFrom: {fieldRef: {fieldPath: status.hostIPs}}}
                    - {name: V_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                    - {name: V_IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
                    - {name: V_CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
                    - {name: V_CPU_MILLI, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
                    - {name: V_MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
                    - {name: V_MEMORY_MI, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Mi}}}
                    - {name: V_DISK, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage, divisor: 1Gi}}}
            """)
        try await eventually("it has told all") { try cluster.get("pod tells", ".status.phase") == "Succeeded" }
        let lines = try cluster.logs("tells").split(separator: "\n").map(String.init)
        let said = Dictionary(
            lines.compactMap { line in line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) } },
            uniquingKeysWith: { $1 })
        let (uid, address) = (try cluster.get("pod tells", ".metadata.uid"), try cluster.get("pod tells", ".status.podIP"))
        let (node, database) = (try cluster.get("pod tells", ".spec.nodeName"), try cluster.get("service my-db", ".spec.clusterIP"))
        let expected = [
            "ALL_COLOR": "green", "ALL_SIZE": "9", "API": "hush", "SIZE": "10", "V_PLAIN": "plain",
            "V_USES": "plain-green-5432-$(NOT_THERE)-$(V_PLAIN)", "V_MAP": "green", "V_SECRET": "hush", "V_NAME": "tells",
            "V_NAMESPACE": "default", "V_UID": uid, "V_LABEL": "front.end", "V_ANNOTATION": "one", "V_NODE": node, "V_ACCOUNT": "worker",
            "V_HOST": "127.0.0.1", "V_HOSTS": "127.0.0.1", "V_IP": address, "V_IPS": address, "V_CPU": "2", "V_CPU_MILLI": "250",
            "V_MEMORY": "100000000", "V_MEMORY_MI": "64", "V_DISK": "2",
            "MY_DB_SERVICE_HOST": database, "MY_DB_SERVICE_PORT": "5432", "MY_DB_SERVICE_PORT_SQL": "5432",
            "MY_DB_SERVICE_PORT_METRICS": "9100", "MY_DB_PORT": "tcp://\(database):5432", "MY_DB_PORT_5432_TCP": "tcp://\(database):5432",
            "MY_DB_PORT_5432_TCP_PROTO": "tcp", "MY_DB_PORT_5432_TCP_PORT": "5432", "MY_DB_PORT_5432_TCP_ADDR": database,
            "MY_DB_PORT_9100_UDP": "udp://\(database):9100", "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443",
            "KUBERNETES_SERVICE_PORT_HTTPS": "443", "HOSTNAME": "tells", "HOME": "/root",
        ]
        for (name, value) in expected { #expect(said[name] == value, "\(name)") }
        #expect(said["V_ABSENT"] == nil)

        // Who wants no variables of services gets those of the API alone.
        let without = try await cluster.ask("env", spec: "enableServiceLinks: false")
        #expect(!without.contains("MY_DB_") && without.contains("KUBERNETES_SERVICE_HOST=10.96.0.1\n"))
    }

    @Test func `the program, its arguments and its directory are as asked, and its root can be closed to it`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: asked}
            spec:
              restartPolicy: Never
              volumes: [{name: data, emptyDir: {}}]
              containers:
                - name: command
                  image: host/true
                  command: [sh, -c, 'echo "$0 $1 in $(pwd)"']
                  args: ["$(WORD)", two]
                  env: [{name: WORD, value: one}]
                  workingDir: /somewhere/new
                - name: closed
                  image: host/sh
                  args: ["-c", "touch /x 2>/dev/null || echo closed; touch /data/x && echo open; id -u; id -g"]
                  securityContext: {readOnlyRootFilesystem: true}
                  volumeMounts: [{name: data, mountPath: /data}]
                - name: part
                  image: host/sh
                  args: ["-c", "echo mine > /mine/file; ls /all"]
                  env: [{name: WHO, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                  volumeMounts: [{name: data, mountPath: /mine, subPathExpr: "of/$(WHO)"}, {name: data, mountPath: /all, subPath: of}]
            """)
        try await eventually("all have ended") { try cluster.get("pod asked", ".status.phase") == "Succeeded" }
        func said(_ container: String) throws -> String { try cluster.logs("asked", "-c", container) }
        #expect(try said("command") == "one two in /somewhere/new\n")
        #expect(try said("closed") == "closed\nopen\n0\n0\n")
        #expect(try said("part") == "asked\n")
        let uid = try cluster.get("pod asked", ".metadata.uid")
        #expect(
            try String(contentsOfFile: "\(cluster.state)/node/pods/\(uid)/volumes/data/of/asked/file", encoding: .utf8) == "mine\n")
    }

    @Test(arguments: [
        ("workingDir: /etc/passwd", "chdir to workingDir \"/etc/passwd\": Not a directory"),
        ("command: [/no/such/program]", "exec: \"/no/such/program\": no such file or directory"),
        ("command: [no-such-program]", "exec: \"no-such-program\": executable file not found in $PATH"),
    ])
    func `what cannot be started says why, and is tried again`(line: String, message: String) async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        try cluster.apply(Manifest.pod("wrong", "true", container: line))
        func status(_ path: String) throws -> String { try cluster.get("pod wrong", ".status.containerStatuses[0]\(path)") }
        try await eventually("it backs off") { try status(".state.waiting.reason") == "CrashLoopBackOff" }
        #expect(try status(".lastState.terminated.reason") == "StartError")
        #expect(try status(".lastState.terminated.exitCode") == "128")
        #expect(try status(".lastState.terminated.message").contains(message))
    }
}
