extension CEL {
    /// Makes an expression of text.
    struct Parser {
        /// Deeper trees are refused.
        static let deepest = 250
        static let mostCodePoints = 100_000

        let source: Source
        var issues: Issues
        private var lastID = 0
        private var depth = 0

        private struct TooDeep: Error {}

        /// - Throws: everything wrong with the text.
        static func parse(_ text: String) throws(Issues) -> Expression {
            let source = Source(text)
            var parser = Parser(source: source, issues: Issues(source))
            let parsed = parser.run()
            guard parser.issues.isEmpty, let parsed else { throw parser.issues }
            return parsed
        }

        private init(source: Source, issues: Issues) {
            self.source = source
            self.issues = issues
        }

        private mutating func run() -> Expression? {
            let size = source.scalars.count
            if size > Parser.mostCodePoints {
                issues.add(.none, "expression code point size exceeds limit: size: \(size), limit \(Parser.mostCodePoints)")
                return nil
            }
            guard let tree = SyntaxParser.parse(source, &issues) else { return nil }
            do { return try visit(tree.tree(.expression)) } catch {
                issues.add(.none, "max recursion depth exceeded")
                return nil
            }
        }

        // MARK: - Nodes

        mutating func node(_ position: Int, _ kind: Expression.Kind) -> Expression {
            lastID += 1
            return Expression(id: lastID, position: position, kind: kind)
        }

        mutating func nextID() -> Int {
            lastID += 1
            return lastID
        }

        mutating func wrong(_ position: Int, _ message: String) -> Expression {
            issues.add(at: position, message)
            return node(position, .unspecified)
        }

        /// A call, or what the macro of that name makes of it.
        mutating func call(
            _ position: Int, _ function: String, _ arguments: [Expression], on target: Expression? = nil
        ) -> Expression {
            if let expansion = expandMacro(function, target, arguments, position) { return expansion }
            return node(position, .call(function: function, target: target, arguments: arguments))
        }

        // MARK: - Rules

        /// Passes down through rules that stand for nothing but their operand.
        private func unnested(_ tree: SyntaxTree?) -> SyntaxTree? {
            var current = tree
            while let tree = current {
                switch tree.rule {
                case .expression:
                    if tree.position(of: .question) != nil { return tree }
                    current = tree.tree(.or)
                case .or:
                    if tree.position(of: .or) != nil { return tree }
                    current = tree.tree(.and)
                case .and:
                    if tree.position(of: .and) != nil { return tree }
                    current = tree.tree(.relation)
                case .relation:
                    if tree.hasOperand { return tree }
                    current = tree.tree(.sum)
                case .sum:
                    if tree.hasOperand { return tree }
                    current = tree.tree(.unary)
                case .unary:
                    if tree.alternative != 1 { return tree }
                    current = tree.tree(.member)
                case .member:
                    if tree.hasOperand { return tree }
                    current = tree.tree(.primary)
                case .primary:
                    switch tree.alternative {
                    case 3: current = tree.tree(.expression)
                    case 7: current = tree.tree(.literal)
                    default: return tree
                    }
                default: return tree
                }
            }
            return nil
        }

        private mutating func visit(_ tree: SyntaxTree?) throws(TooDeep) -> Expression {
            guard let tree = unnested(tree) else { return node(0, .unspecified) }
            switch tree.rule {
            case .expression, .relation, .sum, .member:
                depth += 1
                defer { depth -= 1 }
                if depth > Parser.deepest { throw TooDeep() }
                switch tree.rule {
                case .expression: return try conditional(tree)
                case .member: return try member(tree)
                default: return try binary(tree)
                }
            case .or: return try logical(tree, Operator.or, tree.trees(.and), tree.positions(of: .or))
            case .and: return try logical(tree, Operator.and, tree.trees(.relation), tree.positions(of: .and))
            case .unary: return try unary(tree)
            case .primary: return try primary(tree)
            case .literal: return literal(tree)
            default: return node(tree.start, .unspecified)
            }
        }

        private mutating func conditional(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            let alternatives = tree.trees(.or)
            let test = try visit(alternatives.first)
            let position = tree.position(of: .question) ?? tree.start
            let yes = try visit(alternatives.dropFirst().first)
            let no = try visit(tree.tree(.expression))
            return call(position, Operator.conditional, [test, yes, no])
        }

        private mutating func binary(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            let operands = tree.trees(tree.rule)
            let found = tree.children.lazy.compactMap { child -> (String, Int)? in
                guard case .token(let token) = child, let name = Operator.byToken[token.kind] else { return nil }
                return (name, token.range.lowerBound)
            }.first
            guard let (name, position) = found else { return node(tree.start, .unspecified) }
            let left = try visit(operands.first)
            let right = try visit(operands.dropFirst().first)
            return call(position, name, [left, right])
        }

        /// Terms joined by one logical operator, as a balanced tree.
        private mutating func logical(
            _ tree: SyntaxTree, _ name: String, _ operands: [SyntaxTree], _ positions: [Int]
        ) throws(TooDeep) -> Expression {
            var terms: [Expression] = []
            for operand in operands { terms.append(try visit(operand)) }
            guard terms.count == positions.count + 1 else { return node(tree.start, .unspecified) }
            return balanced(terms[...], positions[...], name)
        }

        private mutating func balanced(_ terms: ArraySlice<Expression>, _ positions: ArraySlice<Int>, _ name: String) -> Expression {
            if positions.isEmpty { return terms.first ?? node(0, .unspecified) }
            let middle = positions.count / 2
            let left = balanced(
                terms.prefix(middle + 1), positions.prefix(middle), name)
            let right = balanced(terms.dropFirst(middle + 1), positions.dropFirst(middle + 1), name)
            return node(
                positions[positions.startIndex + middle], .call(function: name, target: nil, arguments: [left, right]))
        }

        private mutating func unary(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            let (kind, name): (Token.Kind, String)
            switch tree.alternative {
            case 2: (kind, name) = (.exclamation, Operator.not)
            case 3: (kind, name) = (.minus, Operator.negate)
            default: return node(tree.start, .literal(.string("<<error>>")))
            }
            let positions = tree.positions(of: kind)
            let operand = try visit(tree.tree(.member))
            guard let position = positions.first, positions.count % 2 == 1 else { return operand }
            return call(position, name, [operand])
        }

        // MARK: - Members

        private mutating func member(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            let operand = try visit(tree.tree(.member))
            switch tree.alternative {
            case 1:
                guard let name = tree.tree(.name), let position = tree.position(of: .dot), let field = self.name(name) else {
                    return node(tree.start, .unspecified)
                }
                guard tree.position(of: .question) != nil else {
                    return node(position, .select(operand, field: field, test: false))
                }
                let text = node(name.start, .literal(.string(field)))
                return node(position, .call(function: Operator.optionalSelect, target: nil, arguments: [operand, text]))
            case 2:
                guard let name = tree.token(.identifier), let position = tree.position(of: .openParenthesis) else {
                    return node(tree.start, .unspecified)
                }
                return call(position, source.text(name.range), try arguments(tree), on: operand)
            default:
                guard let position = tree.position(of: .openBracket) else { return node(tree.start, .unspecified) }
                let index = try visit(tree.tree(.expression))
                return call(
                    position, tree.position(of: .question) == nil ? Operator.index : Operator.optionalIndex, [operand, index])
            }
        }

        private mutating func arguments(_ tree: SyntaxTree) throws(TooDeep) -> [Expression] {
            var result: [Expression] = []
            for argument in tree.tree(.arguments)?.trees(.expression) ?? [] { result.append(try visit(argument)) }
            return result
        }

        /// The text of a name; Kubernetes does not take names in backticks.
        private mutating func name(_ tree: SyntaxTree) -> String? {
            if let plain = tree.token(.identifier) { return source.text(plain.range) }
            guard let quoted = tree.token(.quotedIdentifier) else { return nil }
            issues.add(at: tree.start, "unsupported syntax: '`'")
            return String(source.text(quoted.range).dropFirst().dropLast())
        }

        // MARK: - Primaries

        static let reserved: Set<String> = [
            "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "package",
            "namespace", "null", "return", "true", "var", "void", "while",
        ]

        private mutating func primary(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            let dot = tree.position(of: .dot) == tree.start ? "." : ""
            switch tree.alternative {
            case 1, 2:
                guard let name = tree.token(.identifier) else { return node(tree.start, .unspecified) }
                let text = source.text(name.range)
                if Parser.reserved.contains(text) { return wrong(tree.start, "reserved identifier: \(text)") }
                guard tree.alternative == 2, let position = tree.position(of: .openParenthesis) else {
                    return node(name.range.lowerBound, .name(dot + text))
                }
                return call(position, dot + text, try arguments(tree))
            case 4: return try list(tree)
            case 5: return try map(tree)
            case 6: return try message(tree, dot)
            default: return node(tree.start, .unspecified)
            }
        }

        private mutating func list(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            var elements: [Expression] = []
            var optional: Set<Int> = []
            for (index, element) in (tree.tree(.elements)?.trees(.element) ?? []).enumerated() {
                elements.append(try visit(element.tree(.expression)))
                if element.position(of: .question) != nil { optional.insert(index) }
            }
            return node(tree.position(of: .openBracket) ?? tree.start, .list(elements, optional: optional))
        }

        private mutating func map(_ tree: SyntaxTree) throws(TooDeep) -> Expression {
            var entries: [Expression.Entry] = []
            if let tree = tree.tree(.entries) {
                let (keys, colons, values) = (tree.trees(.element), tree.positions(of: .colon), tree.trees(.expression))
                for (index, colon) in colons.enumerated() where keys.indices.contains(index) && values.indices.contains(index) {
                    let key = try visit(keys[index].tree(.expression))
                    let value = try visit(values[index])
                    entries.append(
                        Expression.Entry(
                            id: nextID(), position: colon, key: key, value: value,
                            isOptional: keys[index].position(of: .question) != nil))
                }
            }
            return node(tree.position(of: .openBrace) ?? tree.start, .map(entries))
        }

        private mutating func message(_ tree: SyntaxTree, _ dot: String) throws(TooDeep) -> Expression {
            let name = tree.children.compactMap { child -> String? in
                guard case .token(let token) = child, token.kind == .identifier else { return nil }
                return source.text(token.range)
            }.joined(separator: ".")
            var fields: [Expression.Field] = []
            if let tree = tree.tree(.fields) {
                let (names, colons, values) = (tree.trees(.field), tree.positions(of: .colon), tree.trees(.expression))
                for (index, colon) in colons.enumerated() where names.indices.contains(index) && values.indices.contains(index) {
                    guard let field = names[index].tree(.name).flatMap({ self.name($0) }) else { break }
                    let value = try visit(values[index])
                    fields.append(
                        Expression.Field(
                            id: nextID(), position: colon, name: field, value: value,
                            isOptional: names[index].position(of: .question) != nil))
                }
            }
            return node(tree.position(of: .openBrace) ?? tree.start, .message(dot + name, fields))
        }
    }
}
