// SPDX-License-Identifier: Apache-2.0
extern int show(const char *);
const char *text = "new";
int get(void) { return show(text); }
