// SPDX-License-Identifier: Apache-2.0
extern int shared(int); int deep(int x) { return shared(x) * 2 + shared(x + 1); }
