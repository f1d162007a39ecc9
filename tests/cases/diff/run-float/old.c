// SPDX-License-Identifier: Apache-2.0
int use(int x) { float f = x * 1.25f; return (int)((f + 0.3f) * 100.0f); }
