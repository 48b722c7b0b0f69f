/// `$(NAME)` in commands, arguments and values (k8s.io/kubernetes/third_party/forked/golang/expansion): what is not known stays
/// as it is, `$$` is one dollar sign.
enum VariableExpansion {
    static func expand(_ text: String, _ value: (String) -> String?) -> String {
        guard text.contains("$") else { return text }
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            switch rest.first {
            case "$":
                result += "$"
                rest.removeFirst()
            case "(":
                guard let end = rest.firstIndex(of: ")") else {
                    result += "$("
                    rest.removeFirst()
                    continue
                }
                let name = rest[rest.index(after: rest.startIndex)..<end]
                result += value(String(name)) ?? "$(\(name))"
                rest = rest[rest.index(after: end)...]
            default: result += "$"
            }
        }
        return result + rest
    }
}
