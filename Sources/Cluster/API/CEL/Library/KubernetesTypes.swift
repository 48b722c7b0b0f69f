extension CEL.Library {
    static let urls: [CEL.Function] =
        [
            .init("url", [.init("string_to_url", "(string) -> kubernetes.URL")]),
            .init("isURL", [.init("is_url_string", "(string) -> bool")]),
            .init("getQuery", [.init("url_get_query", "kubernetes.URL.() -> map(string, list(string))")]),
        ]
        + [
            ("getScheme", "scheme"), ("getHost", "host"), ("getHostname", "hostname"), ("getPort", "port"),
            ("getEscapedPath", "escaped_path"),
        ].map { .init($0, [.init("url_get_\($1)", "kubernetes.URL.() -> string")]) }

    static let quantities: [CEL.Function] = [
        .init("quantity", [.init("string_to_quantity", "(string) -> kubernetes.Quantity")]),
        .init("isQuantity", [.init("is_quantity_string", "(string) -> bool")]),
        .init("sign", [.init("quantity_sign", "kubernetes.Quantity.() -> int")]),
        .init("isGreaterThan", [.init("quantity_is_greater_than", "kubernetes.Quantity.(kubernetes.Quantity) -> bool")]),
        .init("isLessThan", [.init("quantity_is_less_than", "kubernetes.Quantity.(kubernetes.Quantity) -> bool")]),
        .init("compareTo", [.init("quantity_compare_to", "kubernetes.Quantity.(kubernetes.Quantity) -> int")]),
        .init("asApproximateFloat", [.init("quantity_get_float", "kubernetes.Quantity.() -> double")]),
        .init("asInteger", [.init("quantity_get_int", "kubernetes.Quantity.() -> int")]),
        .init("isInteger", [.init("quantity_is_integer", "kubernetes.Quantity.() -> bool")]),
        .init(
            "add",
            [
                .init("quantity_add", "kubernetes.Quantity.(kubernetes.Quantity) -> kubernetes.Quantity"),
                .init("quantity_add_int", "kubernetes.Quantity.(int) -> kubernetes.Quantity"),
            ]),
        .init(
            "sub",
            [
                .init("quantity_sub", "kubernetes.Quantity.(kubernetes.Quantity) -> kubernetes.Quantity"),
                .init("quantity_sub_int", "kubernetes.Quantity.(int) -> kubernetes.Quantity"),
            ]),
    ]

    static let addresses: [CEL.Function] =
        [
            .init("ip", [.init("string_to_ip", "(string) -> net.IP"), .init("cidr_ip", "net.CIDR.() -> net.IP")]),
            .init("ip.isCanonical", [.init("ip_is_canonical", "(string) -> bool")]),
            .init("isIP", [.init("is_ip", "(string) -> bool")]),
            .init("family", [.init("ip_family", "net.IP.() -> int")]),
            .init("string", [.init("ip_to_string", "(net.IP) -> string"), .init("cidr_to_string", "(net.CIDR) -> string")]),
            .init("cidr", [.init("string_to_cidr", "(string) -> net.CIDR")]),
            .init("isCIDR", [.init("is_cidr", "(string) -> bool")]),
            .init(
                "containsIP",
                [
                    .init("cidr_contains_ip_string", "net.CIDR.(string) -> bool"),
                    .init("cidr_contains_ip_ip", "net.CIDR.(net.IP) -> bool"),
                ]),
            .init(
                "containsCIDR",
                [
                    .init("cidr_contains_cidr_string", "net.CIDR.(string) -> bool"),
                    .init("cidr_contains_cidr", "net.CIDR.(net.CIDR) -> bool"),
                ]),
            .init("prefixLength", [.init("cidr_prefix_length", "net.CIDR.() -> int")]),
            .init("masked", [.init("cidr_masked", "net.CIDR.() -> net.CIDR")]),
        ]
        + [
            ("isUnspecified", "unspecified"), ("isLoopback", "loopback"), ("isLinkLocalMulticast", "link_local_multicast"),
            ("isLinkLocalUnicast", "link_local_unicast"), ("isGlobalUnicast", "global_unicast"),
        ].map { .init($0, [.init("ip_is_\($1)", "net.IP.() -> bool")]) }

    /// The named formats of strings, each a function.
    static let formatNames = [
        "dns1123Label", "dns1123Subdomain", "dns1035Label", "qualifiedName", "dns1123LabelPrefix", "dns1123SubdomainPrefix",
        "dns1035LabelPrefix", "labelValue", "uri", "uuid", "byte", "date", "datetime",
    ]

    static let formats: [CEL.Function] =
        [
            .init("format.named", [.init("format-named", "(string) -> optional(kubernetes.NamedFormat)")]),
            .init("validate", [.init("format-validate", "kubernetes.NamedFormat.(string) -> optional(list(string))")]),
        ] + formatNames.map { .init("format.\($0)", [.init("format-\($0)", "() -> kubernetes.NamedFormat")]) }

    static let versions: [CEL.Function] =
        [
            .init(
                "semver",
                [
                    .init("string_to_semver", "(string) -> kubernetes.Semver"),
                    .init("string_bool_to_semver", "(string, bool) -> kubernetes.Semver"),
                ]),
            .init(
                "isSemver",
                [.init("is_semver_string", "(string) -> bool"), .init("is_semver_string_bool", "(string, bool) -> bool")]),
            .init("isGreaterThan", [.init("semver_is_greater_than", "kubernetes.Semver.(kubernetes.Semver) -> bool")]),
            .init("isLessThan", [.init("semver_is_less_than", "kubernetes.Semver.(kubernetes.Semver) -> bool")]),
            .init("compareTo", [.init("semver_compare_to", "kubernetes.Semver.(kubernetes.Semver) -> int")]),
        ] + ["major", "minor", "patch"].map { .init($0, [.init("semver_\($0)", "kubernetes.Semver.() -> int")]) }

    /// Questions to the authorizer.
    static let authorization: [CEL.Function] = {
        let (authorizer, path, group, resource, decision) = (
            "kubernetes.authorization.Authorizer", "kubernetes.authorization.PathCheck", "kubernetes.authorization.GroupCheck",
            "kubernetes.authorization.ResourceCheck", "kubernetes.authorization.Decision"
        )
        return [
            .init("path", [.init("authorizer_path", "\(authorizer).(string) -> \(path)")]),
            .init("group", [.init("authorizer_group", "\(authorizer).(string) -> \(group)")]),
            .init("serviceAccount", [.init("authorizer_serviceaccount", "\(authorizer).(string, string) -> \(authorizer)")]),
            .init("resource", [.init("groupcheck_resource", "\(group).(string) -> \(resource)")]),
            .init("subresource", [.init("resourcecheck_subresource", "\(resource).(string) -> \(resource)")]),
            .init("namespace", [.init("resourcecheck_namespace", "\(resource).(string) -> \(resource)")]),
            .init("name", [.init("resourcecheck_name", "\(resource).(string) -> \(resource)")]),
            .init("fieldSelector", [.init("authorizer_fieldselector", "\(resource).(string) -> \(resource)")]),
            .init("labelSelector", [.init("authorizer_labelselector", "\(resource).(string) -> \(resource)")]),
            .init(
                "check",
                [
                    .init("pathcheck_check", "\(path).(string) -> \(decision)"),
                    .init("resourcecheck_check", "\(resource).(string) -> \(decision)"),
                ]),
            .init("errored", [.init("decision_errored", "\(decision).() -> bool")]),
            .init("error", [.init("decision_error", "\(decision).() -> string")]),
            .init("allowed", [.init("decision_allowed", "\(decision).() -> bool")]),
            .init("reason", [.init("decision_reason", "\(decision).() -> string")]),
        ]
    }()
}
