// SPDX-License-Identifier: Apache-2.0
int v[2];
int get(int i) { return v[i] + 1; }
