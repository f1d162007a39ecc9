// SPDX-License-Identifier: Apache-2.0
extern int show(const char *text);
int greet(void) { return show("hello, world") + 1; }
int leave(void) { return show("bye") + 2; }
