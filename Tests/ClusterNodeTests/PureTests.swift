import ClusterObjects
import Testing

@testable import ClusterNode

@Suite struct PureTests {
    @Test(arguments: [
        ("host/python3", "python3"), ("host/sh:1.2", "sh"), ("host/sh@sha256:abc", "sh"), ("host/usr/bin/env", "/usr/bin/env"),
    ])
    func `an image names a program of the host`(image: String, command: String) throws {
        #expect(try HostImage(image).command == command)
    }

    @Test(arguments: ["nginx", "docker.io/library/nginx:1", "host/", "host/../sh", "", "host"])
    func `any other image is refused`(image: String) {
        #expect(throws: HostImage.Problem.self) { try HostImage(image) }
    }

    @Test(arguments: [
        ("$(A)-$(B)", "1-$(B)"), ("$$(A)", "$(A)"), ("$A", "$A"), ("$(A", "$(A"), ("$", "$"), ("100$$", "100$"),
    ])
    func `variables are expanded as Kubernetes does`(text: String, expected: String) {
        #expect(VariableExpansion.expand(text) { $0 == "A" ? "1" : nil } == expected)
    }

    @Test func `services are variables`() {
        let service = APIObject([
            "metadata": ["name": "my-db", "namespace": "ns"],
            "spec": ["clusterIP": "10.96.0.7", "ports": [["name": "sql", "port": 5432, "protocol": "TCP"]]],
        ])
        let variables = Dictionary(ServiceVariables.of([service], namespace: "ns", links: true), uniquingKeysWith: { $1 })
        #expect(variables["MY_DB_SERVICE_HOST"] == "10.96.0.7")
        #expect(variables["MY_DB_SERVICE_PORT_SQL"] == "5432")
        #expect(variables["MY_DB_PORT_5432_TCP"] == "tcp://10.96.0.7:5432")
        #expect(ServiceVariables.of([service], namespace: "other", links: true).isEmpty)
    }

    @Test func `a pod finds names through the cluster's DNS`() {
        let pod = Pod(APIObject(["metadata": ["name": "p", "namespace": "shop"], "spec": ["subdomain": "sub", "hostname": "h"]]))
        let names = PodNames(
            pod: pod, clusterDNS: "10.96.0.10", clusterDomain: "cluster.local", hostResolver: "search corp\nnameserver 9.9.9.9\n",
            nodeName: "n1")
        #expect(
            names.resolver
                == "search shop.svc.cluster.local svc.cluster.local cluster.local corp\nnameserver 10.96.0.10\noptions ndots:5\n")
        #expect(names.hosts(address: "10.244.0.2").contains("10.244.0.2\th.sub.shop.svc.cluster.local\th\n"))
        #expect(names.hostname == "h")
    }

    @Test func `log lines are printed as asked`() {
        let lines = Array(
            """
            2026-01-02T03:04:05.123456789Z stdout F one
            2026-01-02T03:04:06.123456789Z stderr P tw
            2026-01-02T03:04:06.123456789Z stderr F o
            torn
            2026-01-02T03:04:07.123456789Z stdout F three

            """.utf8)
        func text(_ query: LogQuery, cutAt: Int = 20) -> String {
            var printer = LogPrinter(query: query)
            let bytes = printer.print(lines[..<cutAt]) + printer.print(lines[cutAt...])
            return String(decoding: bytes, as: UTF8.self)
        }
        var query = LogQuery()
        #expect(text(query) == "one\ntwo\nthree\n")
        query.stream = "Stderr"
        #expect(text(query, cutAt: 60) == "two\n")
        query = LogQuery()
        query.timestamps = true
        query.since = Timestamp("2026-01-02T03:04:07Z")
        #expect(text(query) == "2026-01-02T03:04:07.123456789Z three\n")
        query = LogQuery()
        query.limitBytes = 5
        #expect(text(query) == "one\nt")
    }

    @Test func `capabilities are the usual ones, less what is dropped`() {
        #expect(Capabilities.standard.changed(adding: [], dropping: ["ALL"]).bits == 0)
        let bind = Capabilities.standard.changed(adding: ["NET_BIND_SERVICE"], dropping: ["ALL"])
        #expect(bind == Capabilities(["NET_BIND_SERVICE"]))
        #expect(Capabilities(["CAP_SYS_ADMIN"]).bits == 1 << 21)
    }

    @Test func `addresses are given out in turn and none twice`() throws {
        var pool = AddressPool(try #require(AddressRange4("10.0.0.0/29")))
        pool.reserve("10.0.0.3")
        #expect([pool.take(), pool.take()] == ["10.0.0.2", "10.0.0.4"])
        pool.giveBack("10.0.0.2")
        #expect([pool.take(), pool.take(), pool.take(), pool.take()] == ["10.0.0.5", "10.0.0.6", "10.0.0.2", nil])
    }

    @Test func `probes count answers in a row`() {
        let times = ProbeTimes(APIObject(["failureThreshold": 2, "successThreshold": 2]).tree)
        var counter = ProbeCounter()
        let verdicts = [true, true, true, false, true, false, false].map { counter.count($0, times) }
        #expect(verdicts == [nil, true, nil, nil, nil, nil, false])
    }
}
