# SPDX-License-Identifier: Apache-2.0
"""Where functions begin and end. For C++ a scanner of braces that is right for what clang-format leaves; for Python
the language's own parser."""

import ast
import re

# Comments, raw strings, strings, characters: replaced by blanks so that their braces do not count. The look-behind
# keeps the digit separator of 1'000 from opening a character.
SKIPPED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*(?:\\\n(?:[^\n\\]|\\.)*)*", re.MULTILINE)
HEAD = re.compile(r"[;{}]")
TEMPLATE = re.compile(r"template\s*<(?:[^<>]|<[^<>]*>)*>")
NOT_FUNCTION = re.compile(r"\b(namespace|class|struct|enum|union|extern)\b")
NAME = re.compile(r"(operator\s*\S+?|[\w:~]+)\s*\(")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def cpp_functions(text):
    """[(name, first line, lines)] of every function definition; lambdas count into the function they stand in."""
    code = DIRECTIVE.sub(blank, SKIPPED.sub(blank, text))
    found, stack, head = [], [], 0
    for match in HEAD.finditer(code):
        at = match.start()
        if match[0] == "{":
            words = code[head:at]
            if is_value(words):
                stack.append(VALUE)
                continue
            stack.append((None if any(name for name, _ in stack) else function_name(words), line_of(code, head, words)))
        elif match[0] == "}" and stack:
            opened = stack.pop()
            if opened == VALUE:
                continue
            if opened[0]:
                found.append((*opened, code.count("\n", 0, at) + 2 - opened[1]))
        head = match.end()
    return found


VALUE = (None, 0)


def is_value(words):
    """Do these words end in an initialiser's brace? A body's brace has a space before it and no open parenthesis."""
    return words.count("(") > words.count(")") or bool(words) and not words[-1].isspace()


def function_name(words):
    words = TEMPLATE.sub("", words)
    name = NAME.search(words)
    return name[1] if name and not NOT_FUNCTION.search(words.split("(")[0]) else None


def line_of(code, head, words):
    return code.count("\n", 0, head + len(words) - len(words.lstrip())) + 1


def python_functions(text):
    """[(name, first line, lines)] of every function definition."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [(node.name, node.lineno, node.end_lineno - node.lineno + 1) for node in nodes]
