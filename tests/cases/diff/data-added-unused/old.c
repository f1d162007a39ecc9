// SPDX-License-Identifier: Apache-2.0
int get(int i) { return i * 7; }
