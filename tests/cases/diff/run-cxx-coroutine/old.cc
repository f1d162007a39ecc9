// SPDX-License-Identifier: Apache-2.0
#include <coroutine>
struct Gen { struct promise_type { int v; Gen get_return_object() { return { std::coroutine_handle<promise_type>::from_promise(*this) }; } std::suspend_always initial_suspend() { return {}; } std::suspend_always final_suspend() noexcept { return {}; } std::suspend_always yield_value(int x) { v = x; return {}; } void return_void() {} void unhandled_exception() {} }; std::coroutine_handle<promise_type> h; ~Gen() { h.destroy(); } int next() { h.resume(); return h.promise().v; } };
Gen count(int x) { for (int i = 0;; i++) co_yield x + i; }
int use(int x) { auto g = count(x); int s = 0; for (int i = 0; i < 4; i++) s = s * 10 + g.next(); return s; }
