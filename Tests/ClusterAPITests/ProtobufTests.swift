import ClusterAPI
import ClusterObjects
import Testing

struct ProtobufTests {
    static let objects: [Value] = [
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "a", "labels": ["x": "y"], "creationTimestamp": "2026-01-02T03:04:05Z"], "data": ["k": "v"],
            "binaryData": ["b": "AAEC"],
        ],
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d"],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": "x"]],
                "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": 1]],
                "template": [
                    "metadata": ["labels": ["app": "x"]],
                    "spec": [
                        "containers": [
                            [
                                "name": "c", "image": "i", "resources": ["limits": ["cpu": "100m"]],
                                "ports": [["containerPort": 80, "protocol": "TCP"]],
                            ]
                        ]
                    ],
                ],
            ],
        ],
    ]

    @Test(arguments: objects) func `what is written is read again`(_ object: Value) throws {
        let bytes = try #require(ProtobufEncoder.encode(object))
        #expect(try ProtobufDecoder.decode(bytes) == object)
    }

    @Test func `an object with a field that has no number has no protobuf form`() {
        #expect(ProtobufEncoder.encode(["apiVersion": "v1", "kind": "ConfigMap", "later": "x"]) == nil)
        #expect(ProtobufEncoder.encode(["apiVersion": "example.com/v1", "kind": "Widget"]) == nil)
    }

    @Test func `a body that breaks off is shown`() throws {
        #expect(throws: APIError.self) { try ProtobufDecoder.decode(Array("k8s\0junk".utf8), kind: "ConfigMap") }
        do { _ = try ProtobufDecoder.decode(Array("k8s\0junk".utf8), kind: "ConfigMap") } catch {
            #expect(
                error.message == "the object provided is unrecognized (must be of type ConfigMap): unexpected EOF (6b3873006a756e6b)")
        }
    }
}
