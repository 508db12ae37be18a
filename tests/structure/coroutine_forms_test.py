#!/usr/bin/env python3
"""The check of coroutine forms finds what g++ 12.2 breaks on, and leaves alone what it compiles well."""

import coroutine_forms

BROKEN = (
    "co_await f([x] { return x; });",
    "auto r = g(co_await f(), [x](int) {});",
    "BOOST_OUTCOME_CO_TRY(auto v, co_await f({1, 2}));",
    "auto n = co_await async_x(fd, options{.a = 1}, asio::deferred);",
    "co_await (c ? a : b);",
    "auto v = BOOST_OUTCOME_CO_TRYX(f());",
    "if (test(co_await f())) co_return 1;",
    "while (!(co_await s.next())) {}",
    "switch (int(co_await f())) {}",
    "if (int i = 3; i == co_await f()) {}",
)
FINE = (
    "BOOST_OUTCOME_CO_TRY(auto v, co_await f(1, 2));",
    "LINX_TRY(auto v, co_await f(1, 2));",
    "if (auto r = co_await f(); !r) { co_return r; }",
    "while (const auto m = co_await s.next()) {}",
    "for (auto& x : co_await f(a[1])) {}",
    "auto body = [](int x) -> task<int> { co_return co_await g(x); };",
    'auto text = "co_await f([x]{})"; // co_await f({})',
    "if (late) co_await asio::post(asio::deferred);",
    "x[co_await f()] = 3;",
)

for code in BROKEN:
    assert list(coroutine_forms.problems(f"void f() {{\n{code}\n}}\n")), f"not found: {code}"
for code in FINE:
    assert not list(coroutine_forms.problems(f"void f() {{\n{code}\n}}\n")), f"found wrongly: {code}"
