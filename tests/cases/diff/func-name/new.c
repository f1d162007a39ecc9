// SPDX-License-Identifier: Apache-2.0
extern int show(const char *text);
int beta(int x) { return show(__func__) + x; }
int alpha(int x) { return show(__func__) - x; }
