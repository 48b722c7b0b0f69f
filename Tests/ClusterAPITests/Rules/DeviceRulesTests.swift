import ClusterObjects
import Testing

/// Claims for devices, and the devices there are: resource.k8s.io.
@Suite struct DeviceRulesTests {
    private func claims() throws -> KindUnderTest {
        try KindUnderTest(
            "resource.k8s.io", "v1", "resourceclaims",
            sound: """
                {"metadata":{"name":"x"},"spec":{"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"c"}}]}}}
                """)
    }

    @Test func `what a request leaves open is one device`() throws {
        let request = try claims().object(
            #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c","tolerations":[{"key":"k"}]}},{"name":"b","firstAvailable":[{"name":"n","deviceClassName":"c","allocationMode":"All"}]}]}}}"#
        )[path: "spec", "devices"]
        let requests = try #require(request?["requests"]?.array)
        #expect(requests[0][path: "exactly", "allocationMode"] == "ExactCount")
        #expect(requests[0][path: "exactly", "count"] == 1)
        #expect(requests[0][path: "exactly", "tolerations"]?.array?.first?["operator"] == "Equal")
        #expect(requests[1]["firstAvailable"]?.array?.first?["count"] == nil)
    }

    @Test(arguments: [
        Refusal("{}"),
        Refusal(#"{"spec":{"devices":{"requests":null}}}"#),
        Refusal(
            #"{"spec":{"devices":{"requests":[{"name":"a"},{"name":"a","exactly":{"deviceClassName":""}}]}}}"#,
            "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
            "spec.devices.requests[1].exactly.deviceClassName: Required value",
            #"spec.devices.requests[1]: Duplicate value: "a""#),
        Refusal(
            #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c","allocationMode":"All","count":2}},{"name":"b","exactly":{"deviceClassName":"c","count":-1}},{"name":"c","exactly":{"deviceClassName":"c","allocationMode":"Some"}}]}}}"#,
            "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
            "spec.devices.requests[1].exactly.count: Invalid value: -1: must be greater than zero",
            #"spec.devices.requests[2].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount""#),
        Refusal(
            #"{"spec":{"devices":{"constraints":[{"requests":["other","gpu"],"matchAttribute":"a.example.com/m"},{"matchAttribute":"m"},{}]}}}"#,
            #"spec.devices.constraints[0].requests[0]: Invalid value: "other": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"#,
            #"spec.devices.constraints[1].matchAttribute: Invalid value: "m": a fully qualified name must be a domain and a name separated by a slash"#,
            #"spec.devices.constraints[2]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set"#
        ),
        Refusal(
            #"{"spec":{"devices":{"config":[{},{"opaque":{"driver":"d","parameters":{"a":1}}},{"opaque":{"driver":"d","parameters":[1]}}]}}}"#,
            "spec.devices.config[0].opaque: Required value",
            #"spec.devices.config[2].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object"#),
        Refusal(
            #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c","selectors":[{"cel":{"expression":"device.driver"}},{},{"cel":{"expression":"device.attributes['d.example.com'].model == 'x' && device.capacity['d.example.com'].memory.compareTo(quantity('1Gi')) > 0"}}]}}]}}}"#,
            #"spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string"#,
            "spec.devices.requests[0].exactly.selectors[1].cel: Required value"),
        Refusal(
            #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c","tolerations":[{"key":"k","operator":"Exists","value":"v"},{"operator":"In"},{"key":"k","effect":"Some"}]}}]}}}"#,
            #"spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`"#,
            #"spec.devices.requests[0].exactly.tolerations[1].operator: Unsupported value: "In": supported values: "Equal", "Exists""#,
            #"spec.devices.requests[0].exactly.tolerations[2].effect: Unsupported value: "Some": supported values: "NoExecute", "NoSchedule", "None""#
        ),
    ])
    func `a claim asks for devices of classes`(row: Refusal) throws { #expect(try claims().created(row.patch) == row.messages) }

    @Test func `what a claim asks for stays`() throws {
        let messages = try claims().changed(#"{"spec":{"devices":{"requests":null}}}"#)
        #expect(messages == [#"spec: Invalid value: {"devices":{}}: field is immutable"#])
        #expect(try claims().changed(#"{"spec":{"devices":{"requests":null}}}"#, subresource: "status") == [])
    }

    private static let allocated =
        #"{"status":{"allocation":{"devices":{"results":[{"request":"gpu","driver":"d","pool":"p","device":"one"}]}}}}"#

    @Test(arguments: [
        Refusal(allocated),
        Refusal(
            #"{"status":{"reservedFor":[{"resource":"pods","name":"p","uid":"u"},{"resource":"pods","name":"","uid":"u"}]}}"#,
            "status.reservedFor[1].name: Required value", #"status.reservedFor[1]: Duplicate value: "u""#,
            "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"),
        Refusal(#"{"status":{"reservedFor":[{"resource":"pods","name":"p","uid":"u"}]}}"#, from: allocated),
        Refusal(
            #"{"status":{"allocation":{"devices":{"results":[{"request":"gpu/other","driver":"","pool":"p","device":"one"}]}}}}"#,
            #"status.allocation.devices.results[0].request: Invalid value: "gpu/other": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"#,
            "status.allocation.devices.results[0].driver: Required value"),
        Refusal(
            #"{"status":{"devices":[{"driver":"d","pool":"p","device":"two","networkData":{"ips":["10.0.0.1"]}}]}}"#, from: allocated,
            #"status.devices[0]: Invalid value: "d/p/two": must be an allocated device in the claim"#,
            #"status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"#
        ),
        Refusal(
            #"{"status":{"allocation":null}}"#, from: allocated),
    ])
    func `a status says what was given, once, and by whom it is used`(row: Refusal) throws {
        #expect(try claims().changed(row.patch, from: row.stored, subresource: "status") == row.messages)
    }

    private func slices() throws -> KindUnderTest {
        try KindUnderTest(
            "resource.k8s.io", "v1", "resourceslices",
            sound: """
                {"metadata":{"name":"x"},"spec":{"driver":"d.example.com","nodeName":"n","pool":{"name":"p","generation":1,
                 "resourceSliceCount":1},"devices":[{"name":"one","attributes":{"model":{"string":"m"},"d/v":{"version":"1.2.3-a.1+b"}},
                 "capacity":{"memory":{"value":"1Gi"}}}]}}
                """)
    }

    @Test(arguments: [
        Refusal("{}"),
        Refusal(
            #"{"spec":{"allNodes":true,"pool":{"name":"","resourceSliceCount":0}}}"#, "spec.pool.name: Required value",
            "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
            #"spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"#
        ),
        Refusal(
            #"{"spec":{"nodeName":null}}"#,
            "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"),
        Refusal(
            #"{"spec":{"devices":[{"name":"a","attributes":{"9":{"int":1},"x":{"int":1,"string":"s"},"y":{"version":"01.2.3"}}},{"name":"a","nodeName":"n"}]}}"#,
            #"spec.devices[0].attributes[9]: Invalid value: "9": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"#,
            #"spec.devices[0].attributes[x]: Invalid value: {"int":1,"string":"s"}: exactly one value must be specified"#,
            #"spec.devices[0].attributes[y].version: Invalid value: "01.2.3": must be a string compatible with semver.org spec 2.0.0"#,
            "spec.devices[1]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
            #"spec.devices[1]: Duplicate value: "a""#),
        Refusal(
            #"{"spec":{"nodeName":null,"perDeviceNodeSelection":true,"devices":[{"name":"a"},{"name":"b","allNodes":true}]}}"#,
            "spec.devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
        ),
        Refusal(
            #"{"spec":{"devices":[{"name":"a","taints":[{"key":"k","effect":"NoSchedule"},{"key":"k"}],"consumesCounters":[{"counterSet":"s"}],"bindingConditions":["c"]}]}}"#,
            "spec.devices[0].taints[1].effect: Required value", "spec.devices[0].consumesCounters[0].counters: Required value",
            "spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions"
        ),
        Refusal(
            #"{"spec":{"devices":null,"sharedCounters":[{"name":"s","counters":{"c":{"value":"1"}}},{"name":"S"}]}}"#,
            #"spec.sharedCounters[1].name: Invalid value: "S": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#,
            "spec.sharedCounters[1].counters: Required value"),
        Refusal(
            #"{"spec":{"devices":[{"name":"a","allowMultipleAllocations":true,"capacity":{"m":{"value":"8","requestPolicy":{"default":"3","validValues":["2","1","9"]}},"n":{"value":"8","requestPolicy":{"default":"3","validRange":{"min":"1","max":"6","step":"2"}}},"o":{"value":"8","requestPolicy":{"validRange":{"min":"1"}}}}},{"name":"b","capacity":{"m":{"value":"1","requestPolicy":{}}}}]}}"#,
            #"spec.devices[0].capacity[m].requestPolicy.validValues[1]: Invalid value: "1": values must be sorted in ascending order"#,
            #"spec.devices[0].capacity[m].requestPolicy.validValues[2]: Invalid value: "9": option is larger than capacity value: 8"#,
            #"spec.devices[0].capacity[m].requestPolicy.validValues: Invalid value: "3": default value is not valid according to the requestPolicy"#,
            #"spec.devices[0].capacity[n].requestPolicy.validRange.step: Invalid value: "6": value is not a multiple of a given step (2) from (1)"#,
            "spec.devices[0].capacity[o].requestPolicy.default: Required value: required when validRange is defined",
            "spec.devices[1].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true"),
        Refusal(
            #"{"spec":{"devices":[{"name":"a","allowMultipleAllocations":true,"capacity":{"m":{"value":"9223372036854775807","requestPolicy":{"default":"9223372036854775807","validRange":{"min":"-9223372036854775807","step":"1"}}}}}]}}"#
        ),
        Refusal(
            #"{"spec":{"devices":[{"name":"a","allowMultipleAllocations":true,"capacity":{"m":{"value":"8","requestPolicy":{"default":"3","validRange":{"min":"1","step":"-1"}}}}}]}}"#,
            #"spec.devices[0].capacity[m].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (-1) from (1)"#
        ),
    ])
    func `a slice lists devices that some nodes reach`(row: Refusal) throws { #expect(try slices().created(row.patch) == row.messages) }

    @Test func `a slice stays with its driver, pool and node`() throws {
        #expect(
            try slices().changed(#"{"spec":{"driver":"e","nodeName":"m","pool":{"name":"q"}}}"#) == [
                #"spec.pool.name: Invalid value: "q": field is immutable"#, #"spec.driver: Invalid value: "e": field is immutable"#,
                #"spec.nodeName: Invalid value: "m": field is immutable"#,
            ])
    }

    @Test func `a class selects and configures, a template makes claims`() throws {
        let classes = try KindUnderTest(
            "resource.k8s.io", "v1", "deviceclasses", sound: #"{"metadata":{"name":"x"},"spec":{"extendedResourceName":"example.com/gpu"}}"#
        )
        #expect(try classes.created("{}") == [])
        #expect(
            try classes.created(#"{"spec":{"extendedResourceName":"cpu","selectors":[{}]}}"#) == [
                "spec.selectors[0].cel: Required value",
                #"spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name"#,
            ])
        let templates = try KindUnderTest(
            "resource.k8s.io", "v1", "resourceclaimtemplates",
            sound: #"{"metadata":{"name":"x"},"spec":{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c"}}]}}}}"#)
        #expect(try templates.created("{}") == [])
        #expect(
            try templates.created(#"{"spec":{"spec":{"devices":{"requests":[{"name":"a"}]}}}}"#) == [
                "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"
            ])
        #expect(try templates.changed(#"{"spec":{"spec":{"devices":{"requests":null}}}}"#).count == 1)
    }
}
