extension CEL {
    /// The functions that expressions may call: CEL's own and those that Kubernetes adds.
    /// Source: cel-go's stdlib and ext, and k8s.io/apiserver/pkg/cel/library, as pkg/cel/environment puts them together for 1.36.
    enum Library {
        static let kubernetes = byName(
            [
                operators, comparisons, conversions, strings, extendedStrings, times, collections, optionals, lists, sets, regex, urls,
                quantities, addresses, formats, versions, authorization,
            ].joined())

        /// Functions of one name in several parts of the library are one function.
        static func byName(_ functions: some Sequence<Function>) -> [String: Function] {
            var result: [String: Function] = [:]
            for function in functions { result[function.name, default: Function(function.name, [])].overloads += function.overloads }
            return result
        }
    }
}
