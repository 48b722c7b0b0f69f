import ClusterObjects

/// What a claim was given, by whom it is used, and how its devices do. Source: pkg/apis/resource/validation.
enum AllocationRules {
    private static let (mostUsers, mostResults, mostConditions, mostAddresses) = (256, 32, 8, 16)
    private static let path = FieldPath("status")

    static func validate(_ claim: Value, _ old: Value) -> [Problem] {
        let (status, before) = (claim["status"] ?? .emptyObject, old["status"] ?? .emptyObject)
        var problems: [Problem] = []
        problems.eachOnce(status, "reservedFor", path, most: mostUsers, by: { $0.text("uid") }) { user, here, problems in
            for key in ["resource", "name", "uid"] { problems.required(user, key, here) }
        }
        let allocation = status.part("allocation")
        let allocated = Set((allocation?["devices"]?.list("results") ?? []).map(deviceNames))
        problems.eachOnce(status, "devices", path, by: { Value(deviceNames($0)).jsonText }) { device, here, problems in
            deviceStatus(device, allocated, here, &problems)
        }
        reservations(claim, status, before, &problems)
        guard let allocation else { return problems }
        if let earlier = before.part("allocation") {
            problems.immutable(allocation, earlier, path / "allocation")
        } else {
            result(allocation, RequestNames(claim[path: "spec", "devices"] ?? .emptyObject), path / "allocation", &problems)
        }
        return problems
    }

    /// Driver, pool and device, and the share of it where there are several.
    private static func deviceNames(_ device: Value) -> [String] {
        let names = ["driver", "pool", "device"].map(device.text)
        return names + (device.part("shareID")?.string.map { [$0] } ?? [])
    }

    private static func reservations(_ claim: Value, _ status: Value, _ before: Value, _ problems: inout [Problem]) {
        let users = status.list("reservedFor")
        guard !users.isEmpty else { return }
        if !status.has("allocation") {
            problems.append(.forbidden(path / "reservedFor", "may not be specified when `allocated` is not set"))
        } else if claim[path: "metadata", "deletionTimestamp"]?.string != nil, !Set(users).isSubset(of: before.list("reservedFor")) {
            problems.append(
                .forbidden(
                    path / "reservedFor",
                    "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"))
        }
    }

    private static func result(_ allocation: Value, _ names: RequestNames, _ path: FieldPath, _ problems: inout [Problem]) {
        let (devices, here) = (allocation["devices"] ?? .emptyObject, path / "devices")
        problems.each(devices, "results", here, most: mostResults) { result, here, problems in
            names.check(result.text("request"), here / "request", &problems)
            device(result, here, &problems)
            DeviceBindingRules.validate(result, here, &problems)
            if let share = result.part("shareID")?.string { DeviceNames.share(share, here / "shareID", &problems) }
        }
        // Of the class and of the claim.
        problems.each(devices, "config", here, most: 2 * DeviceConfigurationRules.most) { configuration, here, problems in
            problems.oneOf(configuration, "source", ["FromClaim", "FromClass"], here)
            names.check(configuration, here, &problems)
            DeviceConfigurationRules.validate(configuration, here, &problems)
        }
        if let selector = allocation.part("nodeSelector") {
            AffinityRules.nodeSelector(selector, path / "nodeSelector", &problems)
        }
    }

    private static func device(_ device: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        CSIRules.driverName(device.text("driver"), path / "driver", &problems)
        DeviceNames.pool(device.text("pool"), path / "pool", &problems)
        problems.label(device.text("device"), path / "device")
    }

    private static func deviceStatus(_ status: Value, _ allocated: Set<[String]>, _ path: FieldPath, _ problems: inout [Problem]) {
        device(status, path, &problems)
        if let share = status.part("shareID")?.string { DeviceNames.share(share, path / "shareID", &problems) }
        let names = deviceNames(status)
        if !allocated.contains(names) {
            problems.append(.invalid(path, .string(names.joined(separator: "/")), "must be an allocated device in the claim"))
        }
        let conditions = status.list("conditions")
        if conditions.count > mostConditions {
            problems.append(.tooMany(path / "conditions", conditions.count, most: mostConditions))
        }
        if status.has("data") { DeviceConfigurationRules.object(status["data"], path / "data", &problems) }
        if let network = status.part("networkData") { interface(network, path / "networkData", &problems) }
    }

    private static func interface(_ network: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for (key, most) in [("interfaceName", 256), ("hardwareAddress", 128)] where network.text(key).utf8.count > most {
            problems.append(.tooLong(path / key, most: most))
        }
        problems.eachOnce(network, "ips", path, most: mostAddresses) { address, here, problems in
            problems.add(here, address.string ?? "", Formats.interfaceAddress(address.string ?? ""))
        }
    }
}
