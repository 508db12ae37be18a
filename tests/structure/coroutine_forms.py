#!/usr/bin/env python3
"""Finds the forms that g++ 12.2 miscompiles around co_await (docs/building.md): temporaries that are lambdas, braced
lists or aggregates in the same full expression, co_await in a condition, and the expression form of Outcome's TRY. A
heuristic on the text: name the object first, then move it in, and both the compiler and this are content.

    coroutine_forms.py FILE..."""

import re
import sys

CONDITION = re.compile(r"\b(?:if|while|switch)\s*(?:constexpr\s*)?\(")
DECLARATION = re.compile(r"\s*(?:const\s+)?[\w:<>, ]+[&\s]\s*\w+\s*=[^=]")
CONTROL = re.compile(r"\b(if|while|for|switch|constexpr)\s*$")
STATEMENT_MACRO = re.compile(r"\b(BOOST_OUTCOME_CO_TRY|LINX_TRY)V?\s*$")
LAMBDA = re.compile(r"(?:^|[(,{=&|?:]|\breturn)\s*\[[^\[\]]*\]\s*(?:[({]|mutable\b)")
OPENING, CLOSING = "([{", ")]}"


def blank(text):
    """The text with comments and literals replaced by spaces, so that offsets and lines stay."""
    def spaces(found):
        return re.sub(r"[^\n]", " ", found[0])
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, spaces, text, flags=re.S)


def start_of_expression(text, offset):
    """Walks back to where the full expression around `offset` begins."""
    depth = 0
    for i in range(offset - 1, -1, -1):
        c = text[i]
        if c in CLOSING:
            if c == "}" and depth == 0:
                return i + 1
            depth += 1
        elif c in OPENING:
            if depth:
                depth -= 1
            elif c == "{" or CONTROL.search(text, 0, i) or STATEMENT_MACRO.search(text, 0, i):
                return i + 1
        elif c == ";" and depth == 0:
            return i + 1
    return 0


def end_of_expression(text, start, stops=";"):
    depth = 0
    for i in range(start, len(text)):
        c = text[i]
        if c in OPENING:
            depth += 1
        elif c in CLOSING:
            if depth == 0:
                return i
            depth -= 1
        elif c in stops and depth == 0:
            return i
    return len(text)


def problems(source):
    """Yields (line, what is wrong)."""
    text = blank(source)
    for found in re.finditer(r"BOOST_OUTCOME_CO_TRYX", text):
        yield text.count("\n", 0, found.start()) + 1, "BOOST_OUTCOME_CO_TRYX crashes g++ 12.2: use the statement form"
    for found in CONDITION.finditer(text):
        condition = text[found.end():end_of_expression(text, found.end(), stops="")].rpartition(";")[2]
        if "co_await" in condition and not DECLARATION.match(condition):
            yield text.count("\n", 0, found.start()) + 1, "co_await in a condition: name its value first"
    seen = set()
    for found in re.finditer(r"\bco_await\b", text):
        start = start_of_expression(text, found.start())
        if start in seen:
            continue
        seen.add(start)
        expression = text[start:end_of_expression(text, start)]
        line = text.count("\n", 0, found.start()) + 1
        if LAMBDA.search(expression):
            yield line, "a lambda in an expression with co_await: name it first"
        elif "{" in expression:
            yield line, "a braced temporary in an expression with co_await: name the object first"
        elif re.search(r"co_await\s*\([^()]*\?", expression):
            yield line, "co_await on a conditional expression: write if and else"


def main(paths):
    status = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line, what in problems(file.read()):
                print(f"{path}:{line}: {what}")
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
