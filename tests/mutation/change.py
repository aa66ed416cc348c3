"""What a planted defect changes, told from the sources of the function without it and with it."""

import ast

SHOWABLE = (ast.expr, ast.stmt, ast.keyword)
TOO_SMALL = (ast.Constant, ast.Name)


def change(was: str, now: str) -> str:
    """What differs between two sources, in the smallest piece of code that still says it."""
    old, new = ast.parse(was).body[0], ast.parse(now).body[0]
    return difference(old, new) or f"{shown(old)} → {shown(new)}"


def difference(was: ast.AST, now: ast.AST) -> str | None:
    """The one difference below two nodes; None when there are more, or it says nothing without what is around it."""
    differing: list[tuple[object, object]] = []
    for field in was._fields:
        old, new = getattr(was, field), getattr(now, field, None)
        olds, news = (old, new) if isinstance(old, list) and isinstance(new, list) else ([old], [new])
        if len(olds) != len(news):
            left = [ast.dump(one) for one in news]
            return "without " + ", ".join(shown(one) for one in olds if ast.dump(one) not in left)
        differing += [pair for pair in zip(olds, news, strict=True) if not same(*pair)]
    if len(differing) != 1 or not all(isinstance(one, ast.AST) for one in differing[0]):
        return None
    old, new = differing[0]
    below = difference(old, new) if type(old) is type(new) else None
    if below is None and all(isinstance(one, SHOWABLE) and not isinstance(one, TOO_SMALL) for one in (old, new)):
        return f"{shown(old)} → {shown(new)}"
    return below


def same(one: object, other: object) -> bool:
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return ast.dump(one) == ast.dump(other)
    return one == other


def shown(node: ast.AST) -> str:
    """A node as one line of code."""
    if isinstance(node, ast.keyword):
        return f"{node.arg}={ast.unparse(node.value)}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"def ({ast.unparse(node.args)})"
    lines = ast.unparse(node).split("\n")
    return lines[0].strip() if isinstance(node, ast.match_case) else " ".join(" ".join(lines).split())


class Silent(ast.NodeTransformer):
    """Takes out what a function says to people when it raises."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call) and node.exc.args:
            node.exc.args[0] = ast.Constant(None)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.msg = None
        return node


def only_error_text(was: str, now: str) -> bool:
    """Whether two sources differ in nothing but the words of errors."""
    old, new = (ast.dump(Silent().visit(ast.parse(source))) for source in (was, now))
    return old == new
