import ClusterAPI
import ClusterObjects
import Testing

@Suite struct VersionConversionTests {
    private func conversion(_ group: String, _ plural: String) throws -> VersionConversion {
        let resource = try #require(Registry.builtIn().resource(GroupVersionResource(group, "v1", plural)))
        return try #require(resource.conversion)
    }

    @Test func `an event of the newer group is kept as one of the core group and comes back as it was`() throws {
        let events = try conversion("events.k8s.io", "events")
        let event: Value = [
            "metadata": ["name": "e"], "note": "n", "regarding": ["kind": "Pod", "name": "p"], "eventTime": "2026-01-01T00:00:00.000000Z",
            "deprecatedFirstTimestamp": .null, "deprecatedLastTimestamp": .null, "deprecatedSource": [:],
        ]
        let stored = events.toStored(event)
        #expect(stored["message"] == "n")
        #expect(stored["involvedObject"] == ["kind": "Pod", "name": "p"])
        #expect(stored["reportingComponent"] == "")
        #expect(events.fromStored(stored) == event)
    }

    @Test func `the CPU target of an autoscaler is one of its metrics in v2`() throws {
        let autoscalers = try conversion("autoscaling", "horizontalpodautoscalers")
        let stored = autoscalers.toStored(["spec": ["maxReplicas": 5, "targetCPUUtilizationPercentage": 70]])
        #expect(
            stored[path: "spec", "metrics"] == [
                ["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 70]]]
            ])
        #expect(autoscalers.fromStored(stored)[path: "spec", "targetCPUUtilizationPercentage"] == 70)
    }

    @Test func `what v1 has no field for survives in annotations`() throws {
        let autoscalers = try conversion("autoscaling", "horizontalpodautoscalers")
        let metrics: Value = [
            ["type": "Resource", "resource": ["name": "memory", "target": ["type": "AverageValue", "averageValue": "1Mi"]]],
            ["type": "Pods", "pods": ["metric": ["name": "m"], "target": ["type": "AverageValue", "averageValue": "5"]]],
            ["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]]],
        ]
        let behavior: Value = ["scaleDown": ["stabilizationWindowSeconds": 60]]
        let stored: Value = [
            "metadata": ["name": "x"],
            "spec": ["maxReplicas": 5, "metrics": metrics, "behavior": behavior, "scaleTargetRef": ["kind": "D"]],
            "status": ["desiredReplicas": 1, "conditions": [["type": "AbleToScale", "status": "True", "lastTransitionTime": .null]]],
        ]
        let served = autoscalers.fromStored(stored)
        #expect(served[path: "spec", "metrics"] == nil)
        let again = autoscalers.toStored(served)
        #expect(again[path: "spec", "metrics"] == metrics)
        #expect(again[path: "spec", "behavior"] == behavior)
        #expect(again[path: "status", "conditions"] == stored[path: "status", "conditions"])
        #expect(again[path: "metadata", "annotations"] == nil)
    }
}
